import { Global, Module } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { ChangeViews } from '../platform/changes/change-views.js';
import { CommandRolloutController } from './http/command-rollout.controller.js';
import { GetRolloutController } from './http/get-rollout.controller.js';
import { ListRolloutsController } from './http/list-rollouts.controller.js';
import { CommitPlaces } from '../fleet/commit-places.js';
import { RolloutPlaces } from './read-models/commit-places.js';
import { ObservationStore } from './observation.store.js';
import { RolloutList } from './read-models/rollout-list.js';
import { RolloutSummaries } from './read-models/rollout-summaries.js';
import { RolloutActions } from './rollout-actions.js';
import { RolloutDueStore } from './rollout-due.store.js';
import { RolloutEngine } from './rollout-engine.js';
import { RolloutNudge } from './rollout-nudge.js';
import { RolloutObserver } from './rollout-observer.js';
import { RolloutTriggers } from './rollout-triggers.js';
import { RolloutStore } from './rollout.store.js';
import { Rollouts } from './rollouts.js';
import { RolloutsService } from './rollouts.service.js';

/** Carries promotions over the clusters of an environment, in waves. Promotions take `Rollouts` from here. */
@Global()
@Module({
  controllers: [ListRolloutsController, GetRolloutController, CommandRolloutController],
  providers: [
    RolloutStore,
    ObservationStore,
    RolloutObserver,
    RolloutNudge,
    RolloutActions,
    RolloutEngine,
    RolloutDueStore,
    RolloutTriggers,
    RolloutList,
    RolloutSummaries,
    RolloutsService,
    { provide: CommitPlaces, useClass: RolloutPlaces },
    { provide: Rollouts, useExisting: RolloutsService },
  ],
  exports: [Rollouts, RolloutList, CommitPlaces],
})
export class RolloutsModule implements OnModuleInit {
  constructor(
    private readonly views: ChangeViews,
    private readonly list: RolloutList,
  ) {}

  onModuleInit(): void {
    this.views.register('rollout', async (ids) =>
      (await this.list.byIds(ids)).map((view) => ({ key: view.id, view })),
    );
  }
}
