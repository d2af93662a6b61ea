import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { IntentView } from '../read-models/intent-list.js';
import { IntentList } from '../read-models/intent-list.js';
import { intentSchema } from './intent.schema.js';

@ApiTags('intents')
@Controller('api/v1/intents')
export class GetIntentController {
  constructor(private readonly intents: IntentList) {}

  @Get(':id')
  @Operation({ summary: 'Read one intent', access: 'viewer', answer: intentSchema, errors: ['NotFound'] })
  getIntent(@Param('id') id: string): Promise<IntentView> {
    return this.intents.byId(id);
  }
}
