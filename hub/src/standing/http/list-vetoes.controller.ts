import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { Page } from '../../paging/cursor.js';
import type { VetoView } from '../read-models/veto-list.js';
import { VetoList } from '../read-models/veto-list.js';
import type { ListVetoesQuery } from './veto.schema.js';
import { listVetoesQuery, vetoListSchema } from './veto.schema.js';

@ApiTags('vetoes')
@Controller('api/v1/vetoes')
export class ListVetoesController {
  constructor(private readonly vetoes: VetoList) {}

  @Get()
  @Operation({ summary: 'List vetoes, newest first', access: 'viewer', answer: vetoListSchema })
  listVetoes(@Query({ schema: listVetoesQuery }) query: ListVetoesQuery): Promise<Page<VetoView>> {
    return this.vetoes.page(query);
  }
}
