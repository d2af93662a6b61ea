import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../auth/access.js';
import { CallerOf } from '../../auth/access.js';
import type { JoinToken } from '../../enrollment/domain/join-token.js';
import { Operation } from '../../openapi/operation.js';
import { JoinTokenAdministration } from '../join-token-administration.service.js';
import type { JoinTokenRequestBody } from './join-token.schema.js';
import { createdJoinTokenSchema, joinTokenRequestSchema } from './join-token.schema.js';

@ApiTags('tokens')
@Controller('api/v1/join-tokens')
export class CreateJoinTokenController {
  constructor(private readonly tokens: JoinTokenAdministration) {}

  @Post()
  @Operation({
    summary: 'Make a join token for new clusters',
    description: 'The token is in the answer and nowhere else.',
    access: 'admin',
    status: 201,
    answer: createdJoinTokenSchema,
  })
  createJoinToken(
    @Body({ schema: joinTokenRequestSchema }) body: JoinTokenRequestBody,
    @CallerOf() caller: Caller,
  ): Promise<JoinToken & { readonly token: string }> {
    return this.tokens.create(body, caller);
  }
}
