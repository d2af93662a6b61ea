import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../auth/access.js';
import { CallerOf } from '../../auth/access.js';
import { Operation } from '../../openapi/operation.js';
import type { VetoView } from '../read-models/veto-list.js';
import { VetoesService } from '../vetoes.service.js';
import type { LiftVetoBody } from './veto.schema.js';
import { liftVetoSchema, vetoSchema } from './veto.schema.js';

@ApiTags('vetoes')
@Controller('api/v1/vetoes')
export class LiftVetoController {
  constructor(private readonly vetoes: VetoesService) {}

  @Post(':id/lift')
  @Operation({
    summary: 'Lift a veto',
    access: 'operator',
    answer: vetoSchema,
    errors: ['NotFound', 'Conflict'],
  })
  liftVeto(
    @Param('id') id: string,
    @Body({ schema: liftVetoSchema }) body: LiftVetoBody,
    @CallerOf() caller: Caller,
  ): Promise<VetoView> {
    return this.vetoes.lift(id, body.reason, caller);
  }
}
