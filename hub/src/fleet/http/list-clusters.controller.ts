import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { Page } from '../../paging/cursor.js';
import { ClusterList } from '../read-models/cluster-list.js';
import type { ClusterView } from '../read-models/cluster-view.js';
import type { ListClustersQuery } from './cluster.schema.js';
import { clusterListSchema, listClustersQuery } from './cluster.schema.js';

@ApiTags('clusters')
@Controller('api/v1/clusters')
export class ListClustersController {
  constructor(private readonly clusters: ClusterList) {}

  @Get()
  @Operation({ summary: 'List clusters by name', access: 'viewer', answer: clusterListSchema })
  listClusters(@Query({ schema: listClustersQuery }) query: ListClustersQuery): Promise<Page<ClusterView>> {
    return this.clusters.page(query);
  }
}
