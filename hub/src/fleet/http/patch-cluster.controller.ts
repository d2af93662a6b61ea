import { Body, Controller, Param, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../auth/access.js';
import { CallerOf } from '../../auth/access.js';
import { Operation } from '../../openapi/operation.js';
import { ClusterAdministration } from '../cluster-administration.service.js';
import type { ClusterView } from '../read-models/cluster-view.js';
import type { PatchClusterBody } from './cluster.schema.js';
import { clusterSchema, patchClusterSchema } from './cluster.schema.js';

@ApiTags('clusters')
@Controller('api/v1/clusters')
export class PatchClusterController {
  constructor(private readonly clusters: ClusterAdministration) {}

  @Patch(':name')
  @Operation({
    summary: 'Change labels of a cluster',
    access: 'admin',
    answer: clusterSchema,
    errors: ['NotFound'],
  })
  patchCluster(
    @Param('name') name: string,
    @Body({ schema: patchClusterSchema }) body: PatchClusterBody,
    @CallerOf() caller: Caller,
  ): Promise<ClusterView> {
    return this.clusters.label(name, body.labels, caller);
  }
}
