import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../auth/access.js';
import { CallerOf } from '../../auth/access.js';
import { Operation } from '../../openapi/operation.js';
import { ClusterAdministration } from '../cluster-administration.service.js';
import type { ClusterView } from '../read-models/cluster-view.js';
import type { RevokeClusterBody } from './cluster.schema.js';
import { clusterSchema, revokeClusterSchema } from './cluster.schema.js';

@ApiTags('clusters')
@Controller('api/v1/clusters')
export class RevokeClusterController {
  constructor(private readonly clusters: ClusterAdministration) {}

  @Post(':name/revoke')
  @Operation({
    summary: 'Cut the identity of a cluster off',
    description: 'At once; what the hub knows of the cluster stays. A new join token lets it in again.',
    access: 'admin',
    answer: clusterSchema,
    errors: ['NotFound'],
  })
  revokeCluster(
    @Param('name') name: string,
    @Body({ schema: revokeClusterSchema }) { reason }: RevokeClusterBody,
    @CallerOf() caller: Caller,
  ): Promise<ClusterView> {
    return this.clusters.revoke(name, reason, caller);
  }
}
