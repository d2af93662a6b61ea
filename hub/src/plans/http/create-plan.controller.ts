import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../auth/access.js';
import { CallerOf } from '../../auth/access.js';
import { Operation } from '../../openapi/operation.js';
import { PlansService } from '../plans.service.js';
import type { PlanDetailView } from '../read-models/plan-detail.js';
import { PlanDetail } from '../read-models/plan-detail.js';
import type { PlanRequestBody } from './plan.schema.js';
import { planRequestSchema, planSchema } from './plan.schema.js';

@ApiTags('plans')
@Controller('api/v1/plans')
export class CreatePlanController {
  constructor(
    private readonly plans: PlansService,
    private readonly detail: PlanDetail,
  ) {}

  @Post()
  @Operation({
    summary: 'Ask clusters what another ref of a source would change',
    description:
      'Agents fetch the ref with the credentials of the source, build it and ask their API server by dry-run. Nothing ' +
      'changes in any cluster. The answer is the plan as it is now; read it again until its state is not Running.',
    access: 'operator',
    status: 202,
    answer: planSchema,
    errors: ['NotFound'],
  })
  async createPlan(
    @Body({ schema: planRequestSchema }) body: PlanRequestBody,
    @CallerOf() caller: Caller,
  ): Promise<PlanDetailView> {
    return this.detail.byId(await this.plans.create(body, caller));
  }
}
