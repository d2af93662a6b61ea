import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../auth/access.js';
import { CallerOf } from '../../auth/access.js';
import { Operation } from '../../openapi/operation.js';
import { PromotionsService } from '../promotions.service.js';
import type { PromotionView } from '../read-models/promotion-list.js';
import { PromotionList } from '../read-models/promotion-list.js';
import type { ApprovalRequestBody } from './promotion.schema.js';
import { approvalRequestSchema, promotionSchema } from './promotion.schema.js';

@ApiTags('promotions')
@Controller('api/v1/promotions')
export class ApprovePromotionController {
  constructor(
    private readonly service: PromotionsService,
    private readonly promotions: PromotionList,
  ) {}

  @Post(':id/approve')
  @Operation({
    summary: 'Approve a promotion',
    description:
      'In the name of the token, and of nobody else. The same person counts once. Forbidden to authors of the release and to tokens without addresses, unless a gate allows it.',
    access: 'operator',
    answer: promotionSchema,
    errors: ['NotFound', 'Conflict'],
  })
  async approvePromotion(
    @Param('id') id: string,
    @Body({ schema: approvalRequestSchema }) body: ApprovalRequestBody,
    @CallerOf() caller: Caller,
  ): Promise<PromotionView> {
    await this.service.approve(id, body, caller);
    return this.promotions.byId(id);
  }
}
