import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { PromotionView } from '../read-models/promotion-list.js';
import { PromotionList } from '../read-models/promotion-list.js';
import { promotionSchema } from './promotion.schema.js';

@ApiTags('promotions')
@Controller('api/v1/promotions')
export class GetPromotionController {
  constructor(private readonly promotions: PromotionList) {}

  @Get(':id')
  @Operation({
    summary: 'Read one promotion',
    access: 'viewer',
    answer: promotionSchema,
    errors: ['NotFound'],
  })
  getPromotion(@Param('id') id: string): Promise<PromotionView> {
    return this.promotions.byId(id);
  }
}
