import { Controller, Delete, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../auth/access.js';
import { CallerOf } from '../../auth/access.js';
import { Operation } from '../../openapi/operation.js';
import { JoinTokenAdministration } from '../join-token-administration.service.js';

@ApiTags('tokens')
@Controller('api/v1/join-tokens')
export class DeleteJoinTokenController {
  constructor(private readonly tokens: JoinTokenAdministration) {}

  @Delete(':id')
  @Operation({
    summary: 'Delete a join token',
    description: 'Clusters that enrolled with it stay.',
    access: 'admin',
    status: 204,
    errors: ['NotFound'],
  })
  deleteJoinToken(@Param('id') id: string, @CallerOf() caller: Caller): Promise<void> {
    return this.tokens.remove(id, caller);
  }
}
