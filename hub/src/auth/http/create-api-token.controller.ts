import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { Caller } from '../access.js';
import { CallerOf } from '../access.js';
import type { ApiTokenRow } from '../api-token.js';
import { ApiTokensService } from '../api-tokens.service.js';
import type { ApiTokenRequestBody } from './api-token.schema.js';
import { apiTokenRequestSchema, createdApiTokenSchema } from './api-token.schema.js';

@ApiTags('tokens')
@Controller('api/v1/api-tokens')
export class CreateApiTokenController {
  constructor(private readonly tokens: ApiTokensService) {}

  @Post()
  @Operation({
    summary: 'Make an API token',
    description: 'The token is in the answer and nowhere else.',
    access: 'admin',
    status: 201,
    answer: createdApiTokenSchema,
    errors: ['Conflict'],
  })
  createApiToken(
    @Body({ schema: apiTokenRequestSchema }) body: ApiTokenRequestBody,
    @CallerOf() caller: Caller,
  ): Promise<ApiTokenRow & { readonly token: string }> {
    return this.tokens.create(body, caller);
  }
}
