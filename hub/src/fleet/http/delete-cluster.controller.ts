import { Controller, Delete, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../auth/access.js';
import { CallerOf } from '../../auth/access.js';
import { Operation } from '../../openapi/operation.js';
import { ClusterAdministration } from '../cluster-administration.service.js';

@ApiTags('clusters')
@Controller('api/v1/clusters')
export class DeleteClusterController {
  constructor(private readonly clusters: ClusterAdministration) {}

  @Delete(':name')
  @Operation({
    summary: 'Remove a cluster from the fleet',
    description:
      'Its identity is revoked, its session cut, its rows removed. Nothing happens in the cluster itself.',
    access: 'admin',
    status: 204,
    errors: ['NotFound'],
  })
  deleteCluster(@Param('name') name: string, @CallerOf() caller: Caller): Promise<void> {
    return this.clusters.remove(name, caller);
  }
}
