import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { Page } from '../../paging/cursor.js';
import type { PlanView } from '../read-models/plan-list.js';
import { PlanList } from '../read-models/plan-list.js';
import type { ListPlansQuery } from './plan.schema.js';
import { listPlansQuery, planListSchema } from './plan.schema.js';

@ApiTags('plans')
@Controller('api/v1/plans')
export class ListPlansController {
  constructor(private readonly plans: PlanList) {}

  @Get()
  @Operation({ summary: 'List plans, newest first', access: 'viewer', answer: planListSchema })
  listPlans(@Query({ schema: listPlansQuery }) query: ListPlansQuery): Promise<Page<PlanView>> {
    return this.plans.page(query);
  }
}
