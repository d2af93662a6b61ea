import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { JoinToken } from '../../enrollment/domain/join-token.js';
import { Operation } from '../../openapi/operation.js';
import type { Page } from '../../paging/cursor.js';
import { JoinTokenList } from '../read-models/join-token-list.js';
import type { ListJoinTokensQuery } from './join-token.schema.js';
import { joinTokenListSchema, listJoinTokensQuery } from './join-token.schema.js';

@ApiTags('tokens')
@Controller('api/v1/join-tokens')
export class ListJoinTokensController {
  constructor(private readonly tokens: JoinTokenList) {}

  @Get()
  @Operation({ summary: 'List join tokens, newest first', access: 'admin', answer: joinTokenListSchema })
  listJoinTokens(
    @Query({ schema: listJoinTokensQuery }) query: ListJoinTokensQuery,
  ): Promise<Page<JoinToken>> {
    return this.tokens.page(query);
  }
}
