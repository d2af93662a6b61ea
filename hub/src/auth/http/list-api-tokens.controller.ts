import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { Page } from '../../paging/cursor.js';
import type { ApiTokenRow } from '../api-token.js';
import { ApiTokensService } from '../api-tokens.service.js';
import type { ListApiTokensQuery } from './api-token.schema.js';
import { apiTokenListSchema, listApiTokensQuery } from './api-token.schema.js';

@ApiTags('tokens')
@Controller('api/v1/api-tokens')
export class ListApiTokensController {
  constructor(private readonly tokens: ApiTokensService) {}

  @Get()
  @Operation({ summary: 'List the API tokens that are valid', access: 'admin', answer: apiTokenListSchema })
  listApiTokens(
    @Query({ schema: listApiTokensQuery }) query: ListApiTokensQuery,
  ): Promise<Page<ApiTokenRow>> {
    return this.tokens.list(query);
  }
}
