import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { Page } from '../../paging/cursor.js';
import { RolloutList } from '../read-models/rollout-list.js';
import type { RolloutView } from '../read-models/rollout-view.js';
import type { ListRolloutsQuery } from './rollout.schema.js';
import { listRolloutsQuery, rolloutListSchema } from './rollout.schema.js';

@ApiTags('rollouts')
@Controller('api/v1/rollouts')
export class ListRolloutsController {
  constructor(private readonly rollouts: RolloutList) {}

  @Get()
  @Operation({ summary: 'List rollouts, newest first', access: 'viewer', answer: rolloutListSchema })
  listRollouts(@Query({ schema: listRolloutsQuery }) query: ListRolloutsQuery): Promise<Page<RolloutView>> {
    return this.rollouts.page(query);
  }
}
