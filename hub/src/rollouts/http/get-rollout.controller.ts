import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import { RolloutList } from '../read-models/rollout-list.js';
import type { RolloutDetailsView } from '../read-models/rollout-view.js';
import { rolloutDetailsSchema } from './rollout.schema.js';

@ApiTags('rollouts')
@Controller('api/v1/rollouts')
export class GetRolloutController {
  constructor(private readonly rollouts: RolloutList) {}

  @Get(':id')
  @Operation({
    summary: 'Read one rollout with its clusters',
    access: 'viewer',
    answer: rolloutDetailsSchema,
    errors: ['NotFound'],
  })
  getRollout(@Param('id') id: string): Promise<RolloutDetailsView> {
    return this.rollouts.byId(id);
  }
}
