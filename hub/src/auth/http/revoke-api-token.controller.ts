import { Controller, Delete, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { Caller } from '../access.js';
import { CallerOf } from '../access.js';
import { ApiTokensService } from '../api-tokens.service.js';

@ApiTags('tokens')
@Controller('api/v1/api-tokens')
export class RevokeApiTokenController {
  constructor(private readonly tokens: ApiTokensService) {}

  @Delete(':id')
  @Operation({
    summary: 'Revoke an API token',
    description: 'It stops working with the next request. The last admin token stays.',
    access: 'admin',
    status: 204,
    errors: ['NotFound', 'Conflict'],
  })
  revokeApiToken(@Param('id') id: string, @CallerOf() caller: Caller): Promise<void> {
    return this.tokens.revoke(id, caller);
  }
}
