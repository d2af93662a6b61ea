import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { Page } from '../../paging/cursor.js';
import type { FreezeView } from '../read-models/freeze-list.js';
import { FreezeList } from '../read-models/freeze-list.js';
import type { ListFreezesQuery } from './freeze.schema.js';
import { freezeListSchema, listFreezesQuery } from './freeze.schema.js';

@ApiTags('freezes')
@Controller('api/v1/freezes')
export class ListFreezesController {
  constructor(private readonly freezes: FreezeList) {}

  @Get()
  @Operation({ summary: 'List freezes by name', access: 'viewer', answer: freezeListSchema })
  listFreezes(@Query({ schema: listFreezesQuery }) query: ListFreezesQuery): Promise<Page<FreezeView>> {
    return this.freezes.page(query);
  }
}
