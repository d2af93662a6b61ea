import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { EnvironmentView } from '../read-models/environment-list.js';
import { EnvironmentList } from '../read-models/environment-list.js';
import { environmentSchema } from './environment.schema.js';

@ApiTags('environments')
@Controller('api/v1/environments')
export class GetEnvironmentController {
  constructor(private readonly environments: EnvironmentList) {}

  @Get(':name')
  @Operation({
    summary: 'Read one environment',
    access: 'viewer',
    answer: environmentSchema,
    errors: ['NotFound'],
  })
  getEnvironment(@Param('name') name: string): Promise<EnvironmentView> {
    return this.environments.byName(name);
  }
}
