import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { Page } from '../../paging/cursor.js';
import type { EnvironmentView } from '../read-models/environment-list.js';
import { EnvironmentList } from '../read-models/environment-list.js';
import type { ListDocumentsQuery } from './environment.schema.js';
import { listDocumentsQuery } from './environment.schema.js';
import { environmentListSchema } from './environment.schema.js';

@ApiTags('environments')
@Controller('api/v1/environments')
export class ListEnvironmentsController {
  constructor(private readonly environments: EnvironmentList) {}

  @Get()
  @Operation({ summary: 'List environments by name', access: 'viewer', answer: environmentListSchema })
  listEnvironments(
    @Query({ schema: listDocumentsQuery }) query: ListDocumentsQuery,
  ): Promise<Page<EnvironmentView>> {
    return this.environments.page(query);
  }
}
