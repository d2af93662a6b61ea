import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { PipelineView } from '../read-models/pipeline-list.js';
import { PipelineList } from '../read-models/pipeline-list.js';
import { pipelineSchema } from './pipeline.schema.js';

@ApiTags('pipelines')
@Controller('api/v1/pipelines')
export class GetPipelineController {
  constructor(private readonly pipelines: PipelineList) {}

  @Get(':name')
  @Operation({ summary: 'Read one pipeline', access: 'viewer', answer: pipelineSchema, errors: ['NotFound'] })
  getPipeline(@Param('name') name: string): Promise<PipelineView> {
    return this.pipelines.byName(name);
  }
}
