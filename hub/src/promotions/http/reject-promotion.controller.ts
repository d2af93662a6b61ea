import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../auth/access.js';
import { CallerOf } from '../../auth/access.js';
import { Operation } from '../../openapi/operation.js';
import { PromotionsService } from '../promotions.service.js';
import type { PromotionView } from '../read-models/promotion-list.js';
import { PromotionList } from '../read-models/promotion-list.js';
import type { PromotionReasonBody } from './promotion.schema.js';
import { promotionReasonSchema, promotionSchema } from './promotion.schema.js';

@ApiTags('promotions')
@Controller('api/v1/promotions')
export class RejectPromotionController {
  constructor(
    private readonly service: PromotionsService,
    private readonly promotions: PromotionList,
  ) {}

  @Post(':id/reject')
  @Operation({
    summary: 'Reject a promotion',
    description:
      "An approver's no. What waits ends as Aborted; after its rollout it goes back where onFailure is rollback.",
    access: 'operator',
    answer: promotionSchema,
    errors: ['NotFound', 'Conflict'],
  })
  async rejectPromotion(
    @Param('id') id: string,
    @Body({ schema: promotionReasonSchema }) { reason }: PromotionReasonBody,
    @CallerOf() caller: Caller,
  ): Promise<PromotionView> {
    await this.service.reject(id, reason, caller);
    return this.promotions.byId(id);
  }
}
