import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../auth/access.js';
import { CallerOf } from '../../auth/access.js';
import { Operation } from '../../openapi/operation.js';
import { BreakGlassService } from '../break-glass.service.js';
import type { FreezeView } from '../read-models/freeze-list.js';
import { FreezeList } from '../read-models/freeze-list.js';
import type { BreakGlassBody } from './freeze.schema.js';
import { breakGlassAskSchema, freezeSchema } from './freeze.schema.js';

@ApiTags('freezes')
@Controller('api/v1/freezes')
export class BreakGlassController {
  constructor(
    private readonly service: BreakGlassService,
    private readonly freezes: FreezeList,
  ) {}

  @Post(':name/break-glass')
  @Operation({
    summary: 'Let one promotion pass a freeze',
    description:
      'The first call asks, the same call of a second person within 15 minutes confirms. The freeze goes on for ' +
      'everything else. Both calls are audited.',
    access: 'operator',
    answer: freezeSchema,
    errors: ['NotFound', 'Conflict'],
  })
  async breakGlass(
    @Param('name') name: string,
    @Body({ schema: breakGlassAskSchema }) body: BreakGlassBody,
    @CallerOf() caller: Caller,
  ): Promise<FreezeView> {
    await this.service.breakGlass(name, body, caller);
    return this.freezes.byName(name);
  }
}
