import { Body, Controller, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../auth/access.js';
import { CallerOf } from '../../auth/access.js';
import { Operation } from '../../openapi/operation.js';
import { ConfigurationService } from '../configuration.service.js';
import type { ApplyAnswer, ApplyQuery, ApplyRequestBody } from './configuration.schema.js';
import { applyAnswerSchema, applyQuery, applyRequestSchema } from './configuration.schema.js';

@ApiTags('configuration')
@Controller('api/v1/apply')
export class ApplyController {
  constructor(private readonly configuration: ConfigurationService) {}

  @Put()
  @Operation({
    summary: 'Apply documents',
    description:
      'One document, or {"documents": [...]}: all or none. A document that is there already, the same, is unchanged and nothing is written. Operators may apply documents of kind Freeze: new ones, and those that nobody else has written last; everything else, and force, needs the role admin.',
    access: 'operator',
    answer: applyAnswerSchema,
    errors: ['Conflict'],
  })
  async applyDocuments(
    @Body({ schema: applyRequestSchema }) body: ApplyRequestBody,
    @Query({ schema: applyQuery }) { dryRun = false, force }: ApplyQuery,
    @CallerOf() caller: Caller,
  ): Promise<ApplyAnswer> {
    const documents = Array.isArray(body['documents']) ? body['documents'] : [body];
    const applied = await this.configuration.apply(documents, caller, { dryRun, force });
    return { dryRun, documents: [...applied] };
  }
}
