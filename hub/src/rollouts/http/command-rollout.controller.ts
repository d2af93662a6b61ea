import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import type { Caller } from '../../auth/access.js';
import { CallerOf } from '../../auth/access.js';
import { Operation } from '../../openapi/operation.js';
import { Clock } from '../../platform/clock.js';
import { RolloutList } from '../read-models/rollout-list.js';
import type { RolloutDetailsView } from '../read-models/rollout-view.js';
import type { RolloutCommandType } from '../rollouts.js';
import { RolloutsService } from '../rollouts.service.js';
import type { RolloutCommandBody } from './rollout.schema.js';
import { rolloutCommandSchema, rolloutDetailsSchema } from './rollout.schema.js';

function Command(summary: string): MethodDecorator {
  return Operation({
    summary,
    access: 'operator',
    answer: rolloutDetailsSchema,
    errors: ['NotFound', 'Conflict'],
  });
}

@ApiTags('rollouts')
@Controller('api/v1/rollouts/:id')
export class CommandRolloutController {
  constructor(
    private readonly database: DataSource,
    private readonly rollouts: RolloutsService,
    private readonly list: RolloutList,
    private readonly clock: Clock,
  ) {}

  @Post('pause')
  @Command('Begin no further cluster; what moves is watched on')
  pause(
    @Param('id') id: string,
    @Body({ schema: rolloutCommandSchema }) body: RolloutCommandBody,
    @CallerOf() caller: Caller,
  ): Promise<RolloutDetailsView> {
    return this.carryOut(id, 'pause', body, caller);
  }

  @Post('resume')
  @Command('Go on, and bear the clusters that have failed so far')
  resume(
    @Param('id') id: string,
    @Body({ schema: rolloutCommandSchema }) body: RolloutCommandBody,
    @CallerOf() caller: Caller,
  ): Promise<RolloutDetailsView> {
    return this.carryOut(id, 'resume', body, caller);
  }

  @Post('abort')
  @Command('Stop; clusters stay where they are')
  abort(
    @Param('id') id: string,
    @Body({ schema: rolloutCommandSchema }) body: RolloutCommandBody,
    @CallerOf() caller: Caller,
  ): Promise<RolloutDetailsView> {
    return this.carryOut(id, 'abort', body, caller);
  }

  @Post('skip-wave')
  @Command('Go on with the next wave without the clusters of this one that wait')
  skipWave(
    @Param('id') id: string,
    @Body({ schema: rolloutCommandSchema }) body: RolloutCommandBody,
    @CallerOf() caller: Caller,
  ): Promise<RolloutDetailsView> {
    return this.carryOut(id, 'skip-wave', body, caller);
  }

  @Post('retry-failed')
  @Command('Try exactly the failed clusters again, with the same revisions')
  retryFailed(
    @Param('id') id: string,
    @Body({ schema: rolloutCommandSchema }) body: RolloutCommandBody,
    @CallerOf() caller: Caller,
  ): Promise<RolloutDetailsView> {
    return this.carryOut(id, 'retry-failed', body, caller);
  }

  @Post('rollback')
  @Command('Take every touched cluster back to its own last good revision, in reverse order')
  rollback(
    @Param('id') id: string,
    @Body({ schema: rolloutCommandSchema }) body: RolloutCommandBody,
    @CallerOf() caller: Caller,
  ): Promise<RolloutDetailsView> {
    return this.carryOut(id, 'rollback', body, caller);
  }

  private async carryOut(
    id: string,
    type: RolloutCommandType,
    { reason }: RolloutCommandBody,
    { name, requestId }: Caller,
  ): Promise<RolloutDetailsView> {
    await this.database.transaction((manager) =>
      this.rollouts.command(manager, id, { type, reason }, name, this.clock.now(), requestId),
    );
    return this.list.byId(id);
  }
}
