import { Global, Module } from '@nestjs/common';
import { EnvironmentHandler } from './environment.handler.js';
import { DeleteEnvironmentController } from './http/delete-environment.controller.js';
import { DeletePipelineController } from './http/delete-pipeline.controller.js';
import { GetEnvironmentController } from './http/get-environment.controller.js';
import { GetPipelineController } from './http/get-pipeline.controller.js';
import { ListEnvironmentsController } from './http/list-environments.controller.js';
import { ListPipelinesController } from './http/list-pipelines.controller.js';
import { PipelineCheck } from './pipeline-check.js';
import { PipelineHandler } from './pipeline.handler.js';
import { PipelineStore } from './pipeline.store.js';
import { Pipelines } from './pipelines.js';
import { EnvironmentList } from './read-models/environment-list.js';
import { PipelineList } from './read-models/pipeline-list.js';

/** Environments and pipelines: documents that say how releases go through the fleet. */
@Global()
@Module({
  controllers: [
    ListEnvironmentsController,
    GetEnvironmentController,
    DeleteEnvironmentController,
    ListPipelinesController,
    GetPipelineController,
    DeletePipelineController,
  ],
  providers: [
    PipelineStore,
    { provide: Pipelines, useExisting: PipelineStore },
    PipelineCheck,
    EnvironmentHandler,
    PipelineHandler,
    EnvironmentList,
    PipelineList,
  ],
  exports: [Pipelines],
})
export class PipelinesModule {}
