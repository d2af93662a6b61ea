import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { Page } from '../../paging/cursor.js';
import type { IntentView } from '../read-models/intent-list.js';
import { IntentList } from '../read-models/intent-list.js';
import type { ListIntentsQuery } from './intent.schema.js';
import { intentListSchema, listIntentsQuery } from './intent.schema.js';

@ApiTags('intents')
@Controller('api/v1/intents')
export class ListIntentsController {
  constructor(private readonly intents: IntentList) {}

  @Get()
  @Operation({ summary: 'List intents, newest first', access: 'viewer', answer: intentListSchema })
  listIntents(@Query({ schema: listIntentsQuery }) query: ListIntentsQuery): Promise<Page<IntentView>> {
    return this.intents.page(query);
  }
}
