import { Global, Module } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { QuestionPort } from '../gateway/question-port.js';
import { ChangeViews } from '../platform/changes/change-views.js';
import { AnswerStore } from './answer.store.js';
import { CreatePlanController } from './http/create-plan.controller.js';
import { GetPlanController } from './http/get-plan.controller.js';
import { ListPlansController } from './http/list-plans.controller.js';
import { ReceiveHookController } from './http/receive-hook.controller.js';
import { PlanEndings } from './plan-endings.js';
import { PlanExpiry } from './plan-expiry.js';
import { PlanInbox } from './plan-inbox.js';
import { PlanTargets } from './plan-targets.js';
import { PlanStore } from './plan.store.js';
import { PlansService } from './plans.service.js';
import { PullRequestStatus } from './pull-requests/pull-request-status.js';
import { PlanDetail } from './read-models/plan-detail.js';
import { PlanList } from './read-models/plan-list.js';

/** What a branch would change, before it is merged. The gateway takes `QuestionPort` from here. */
@Global()
@Module({
  controllers: [ListPlansController, CreatePlanController, GetPlanController, ReceiveHookController],
  providers: [
    PlanStore,
    AnswerStore,
    PlanTargets,
    PlanEndings,
    PlansService,
    PlanExpiry,
    PlanList,
    PlanDetail,
    PullRequestStatus,
    { provide: QuestionPort, useClass: PlanInbox },
  ],
  exports: [QuestionPort, PlanStore],
})
export class PlansModule implements OnModuleInit {
  constructor(
    private readonly views: ChangeViews,
    private readonly list: PlanList,
  ) {}

  onModuleInit(): void {
    this.views.register('plan', async (ids) =>
      (await this.list.byIds(ids)).map((view) => ({ key: view.id, view })),
    );
  }
}
