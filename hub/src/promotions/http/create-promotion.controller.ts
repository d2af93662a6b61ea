import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../auth/access.js';
import { CallerOf } from '../../auth/access.js';
import { Operation } from '../../openapi/operation.js';
import { PromotionRequestsService } from '../promotion-requests.service.js';
import type { PromotionView } from '../read-models/promotion-list.js';
import { PromotionList } from '../read-models/promotion-list.js';
import type { PromotionRequestBody } from './promotion.schema.js';
import { promotionRequestSchema, promotionSchema } from './promotion.schema.js';

@ApiTags('promotions')
@Controller('api/v1/promotions')
export class CreatePromotionController {
  constructor(
    private readonly requests: PromotionRequestsService,
    private readonly promotions: PromotionList,
  ) {}

  @Post()
  @Operation({
    summary: 'Promote a release to an environment',
    description:
      'It waits for its turn and its gates like any other. A release that was promoted there before may come back, also when it is older. Asked again as a hotfix, a promotion that waits goes first.',
    access: 'operator',
    status: 201,
    answer: promotionSchema,
    errors: ['NotFound', 'Conflict'],
  })
  async createPromotion(
    @Body({ schema: promotionRequestSchema }) body: PromotionRequestBody,
    @CallerOf() caller: Caller,
  ): Promise<PromotionView> {
    return this.promotions.byId(await this.requests.create(body, caller));
  }
}
