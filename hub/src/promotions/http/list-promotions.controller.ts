import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { Page } from '../../paging/cursor.js';
import type { PromotionView } from '../read-models/promotion-list.js';
import { PromotionList } from '../read-models/promotion-list.js';
import type { ListPromotionsQuery } from './promotion.schema.js';
import { listPromotionsQuery, promotionListSchema } from './promotion.schema.js';

@ApiTags('promotions')
@Controller('api/v1/promotions')
export class ListPromotionsController {
  constructor(private readonly promotions: PromotionList) {}

  @Get()
  @Operation({ summary: 'List promotions, newest first', access: 'viewer', answer: promotionListSchema })
  listPromotions(
    @Query({ schema: listPromotionsQuery }) query: ListPromotionsQuery,
  ): Promise<Page<PromotionView>> {
    return this.promotions.page(query);
  }
}
