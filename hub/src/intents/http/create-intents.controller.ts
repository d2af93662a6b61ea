import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../auth/access.js';
import { CallerOf } from '../../auth/access.js';
import { Operation } from '../../openapi/operation.js';
import type { Page } from '../../paging/cursor.js';
import { IntentsService } from '../intents.service.js';
import type { IntentView } from '../read-models/intent-list.js';
import type { IntentRequestBody } from './intent.schema.js';
import { intentListSchema, intentRequestSchema } from './intent.schema.js';

@ApiTags('intents')
@Controller('api/v1/intents')
export class CreateIntentsController {
  constructor(private readonly intents: IntentsService) {}

  @Post()
  @Operation({
    summary: 'Ask clusters to reconcile, suspend or resume an object',
    description:
      'One intent a cluster, all or none. Where it cannot be carried out, its state is Refused from the start. ' +
      'Clusters that are offline get it when they come back before it expires.',
    access: 'operator',
    status: 202,
    answer: intentListSchema,
    errors: ['NotFound'],
  })
  async createIntents(
    @Body({ schema: intentRequestSchema }) body: IntentRequestBody,
    @CallerOf() caller: Caller,
  ): Promise<Page<IntentView>> {
    const items = await this.intents.create(body, caller);
    return { items, nextCursor: null, total: items.length };
  }
}
