import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { Page } from '../../paging/cursor.js';
import type { PipelineView } from '../read-models/pipeline-list.js';
import { PipelineList } from '../read-models/pipeline-list.js';
import type { ListDocumentsQuery } from './environment.schema.js';
import { listDocumentsQuery } from './environment.schema.js';
import { pipelineListSchema } from './pipeline.schema.js';

@ApiTags('pipelines')
@Controller('api/v1/pipelines')
export class ListPipelinesController {
  constructor(private readonly pipelines: PipelineList) {}

  @Get()
  @Operation({ summary: 'List pipelines by name', access: 'viewer', answer: pipelineListSchema })
  listPipelines(
    @Query({ schema: listDocumentsQuery }) query: ListDocumentsQuery,
  ): Promise<Page<PipelineView>> {
    return this.pipelines.page(query);
  }
}
