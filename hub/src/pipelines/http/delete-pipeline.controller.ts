import { Controller, Delete, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../auth/access.js';
import { CallerOf } from '../../auth/access.js';
import { DocumentRemoval } from '../../configuration/document-handler.js';
import type { ForceQuery } from '../../configuration/http/force.schema.js';
import { forceQuery } from '../../configuration/http/force.schema.js';
import { Operation } from '../../openapi/operation.js';

@ApiTags('pipelines')
@Controller('api/v1/pipelines')
export class DeletePipelineController {
  constructor(private readonly documents: DocumentRemoval) {}

  @Delete(':name')
  @Operation({
    summary: 'Delete a pipeline',
    description: 'Not while promotions are under way. Its releases stay.',
    access: 'admin',
    status: 204,
    errors: ['NotFound', 'Conflict'],
  })
  async deletePipeline(
    @Param('name') name: string,
    @Query({ schema: forceQuery }) { force }: ForceQuery,
    @CallerOf() caller: Caller,
  ): Promise<void> {
    await this.documents.remove({ kind: 'Pipeline', name }, caller, { force: force ?? false });
  }
}
