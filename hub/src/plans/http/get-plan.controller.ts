import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { PlanDetailView } from '../read-models/plan-detail.js';
import { PlanDetail } from '../read-models/plan-detail.js';
import { planSchema } from './plan.schema.js';

@ApiTags('plans')
@Controller('api/v1/plans')
export class GetPlanController {
  constructor(private readonly plans: PlanDetail) {}

  @Get(':id')
  @Operation({
    summary: 'Read one plan: what clusters have answered so far, equal changes folded',
    access: 'viewer',
    answer: planSchema,
    errors: ['NotFound'],
  })
  getPlan(@Param('id') id: string): Promise<PlanDetailView> {
    return this.plans.byId(id);
  }
}
