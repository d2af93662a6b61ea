import { Controller, Delete, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../auth/access.js';
import { CallerOf } from '../../auth/access.js';
import { DocumentRemoval } from '../../configuration/document-handler.js';
import type { ForceQuery } from '../../configuration/http/force.schema.js';
import { forceQuery } from '../../configuration/http/force.schema.js';
import { Operation } from '../../openapi/operation.js';

@ApiTags('freezes')
@Controller('api/v1/freezes')
export class DeleteFreezeController {
  constructor(private readonly documents: DocumentRemoval) {}

  @Delete(':name')
  @Operation({
    summary: 'Lift a freeze',
    description:
      'What waited for it goes on. A freeze that came from Git is lifted there. Operators lift those that they have written last themselves; the others, and force, need the role admin.',
    access: 'operator',
    status: 204,
    errors: ['NotFound', 'Conflict'],
  })
  async deleteFreeze(
    @Param('name') name: string,
    @Query({ schema: forceQuery }) { force }: ForceQuery,
    @CallerOf() caller: Caller,
  ): Promise<void> {
    await this.documents.remove({ kind: 'Freeze', name }, caller, { force: force ?? false });
  }
}
