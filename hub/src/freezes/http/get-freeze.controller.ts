import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { FreezeView } from '../read-models/freeze-list.js';
import { FreezeList } from '../read-models/freeze-list.js';
import { freezeSchema } from './freeze.schema.js';

@ApiTags('freezes')
@Controller('api/v1/freezes')
export class GetFreezeController {
  constructor(private readonly freezes: FreezeList) {}

  @Get(':name')
  @Operation({ summary: 'Read one freeze', access: 'viewer', answer: freezeSchema, errors: ['NotFound'] })
  getFreeze(@Param('name') name: string): Promise<FreezeView> {
    return this.freezes.byName(name);
  }
}
