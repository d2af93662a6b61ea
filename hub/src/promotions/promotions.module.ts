import { Global, Module } from '@nestjs/common';
import { FreezablePromotions } from '../freezes/break-glass.js';
import { PipelineListener, PipelineProgress, PipelineUse } from '../pipelines/pipelines.js';
import { ReleaseListener } from '../releases/releases.js';
import { RolloutListener } from '../rollouts/rollouts.js';
import { EnvironmentRules } from './environment-rules.js';
import { HealthWatch } from './health-watch.js';
import { AbortPromotionController } from './http/abort-promotion.controller.js';
import { ApprovePromotionController } from './http/approve-promotion.controller.js';
import { CreatePromotionController } from './http/create-promotion.controller.js';
import { GetPromotionController } from './http/get-promotion.controller.js';
import { ListPromotionsController } from './http/list-promotions.controller.js';
import { RejectPromotionController } from './http/reject-promotion.controller.js';
import { LaneAuthors } from './lane-authors.js';
import { LaneBell } from './lane-bell.js';
import { LaneEngine } from './lane-engine.js';
import { LaneHistoryStore } from './lane-history.store.js';
import { LaneObserver } from './lane-observer.js';
import { Outside } from './outside.js';
import { PromotionEngine } from './promotion-engine.js';
import { PromotionJournal } from './promotion-journal.js';
import {
  PipelineTaker,
  PromotionsForFreezes,
  PromotionsUnderWay,
  ReleaseTaker,
  RolloutNewsTaker,
} from './promotion-listeners.js';
import { PromotionQueue } from './promotion-queue.js';
import { PromotionRequestsService } from './promotion-requests.service.js';
import { PromotionStore } from './promotion.store.js';
import { PromotionsService } from './promotions.service.js';
import { PromotionProgress } from './read-models/pipeline-progress.js';
import { PromotionList } from './read-models/promotion-list.js';
import { ReleaseHealth } from './release-health.js';
import { RolloutDesk } from './rollout-desk.js';
import { WaitingLaneStore } from './waiting-lane.store.js';

/** Promotions: releases on their way through the environments of a pipeline, and the gates that hold them. */
@Global()
@Module({
  controllers: [
    ListPromotionsController,
    CreatePromotionController,
    GetPromotionController,
    ApprovePromotionController,
    RejectPromotionController,
    AbortPromotionController,
  ],
  providers: [
    PromotionStore,
    LaneHistoryStore,
    WaitingLaneStore,
    LaneBell,
    LaneObserver,
    LaneAuthors,
    LaneEngine,
    ReleaseHealth,
    HealthWatch,
    EnvironmentRules,
    RolloutDesk,
    Outside,
    PromotionQueue,
    PromotionJournal,
    PromotionEngine,
    PromotionsService,
    PromotionRequestsService,
    PromotionList,
    { provide: RolloutListener, useClass: RolloutNewsTaker },
    { provide: ReleaseListener, useClass: ReleaseTaker },
    { provide: PipelineListener, useClass: PipelineTaker },
    { provide: PipelineUse, useClass: PromotionsUnderWay },
    { provide: PipelineProgress, useClass: PromotionProgress },
    { provide: FreezablePromotions, useClass: PromotionsForFreezes },
  ],
  exports: [
    RolloutListener,
    ReleaseListener,
    PipelineListener,
    PipelineUse,
    PipelineProgress,
    FreezablePromotions,
    PromotionList,
  ],
})
export class PromotionsModule {}
