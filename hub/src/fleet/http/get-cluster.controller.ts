import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import { ClusterList } from '../read-models/cluster-list.js';
import type { ClusterView } from '../read-models/cluster-view.js';
import { clusterSchema } from './cluster.schema.js';

@ApiTags('clusters')
@Controller('api/v1/clusters')
export class GetClusterController {
  constructor(private readonly clusters: ClusterList) {}

  @Get(':name')
  @Operation({ summary: 'Read one cluster', access: 'viewer', answer: clusterSchema, errors: ['NotFound'] })
  getCluster(@Param('name') name: string): Promise<ClusterView> {
    return this.clusters.byName(name);
  }
}
