import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../auth/access.js';
import { CallerOf } from '../../auth/access.js';
import { Operation } from '../../openapi/operation.js';
import type { Page } from '../../paging/cursor.js';
import type { VetoView } from '../read-models/veto-list.js';
import { VetoesService } from '../vetoes.service.js';
import type { VetoAskBody } from './veto.schema.js';
import { vetoAskSchema, vetoListSchema } from './veto.schema.js';

@ApiTags('vetoes')
@Controller('api/v1/vetoes')
export class CreateVetoController {
  constructor(private readonly vetoes: VetoesService) {}

  @Post()
  @Operation({
    summary: 'Forbid a revision, or all items of a release, to the whole fleet until it is lifted',
    description:
      'Neither agents (by a pin or by following) nor promotions take it again, also with the hub away. One that ' +
      'stands already is answered as it is.',
    access: 'operator',
    status: 201,
    answer: vetoListSchema,
    errors: ['NotFound', 'Conflict'],
  })
  async createVeto(
    @Body({ schema: vetoAskSchema }) body: VetoAskBody,
    @CallerOf() caller: Caller,
  ): Promise<Page<VetoView>> {
    const items = await this.vetoes.create(body, caller);
    return { items, nextCursor: null, total: items.length };
  }
}
