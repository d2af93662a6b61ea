import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Operation } from '../../openapi/operation.js';
import { hubVersion } from '../../version.js';
import type { Caller } from '../access.js';
import { CallerOf } from '../access.js';
import { roles } from '../domain/role.js';

const whoamiSchema = z
  .object({ name: z.string(), role: z.enum(roles), hubVersion: z.string() })
  .meta({ id: 'Whoami', example: { name: 'ci', role: 'operator', hubVersion: '0.1.0' } });

@ApiTags('tokens')
@Controller('api/v1/whoami')
export class WhoamiController {
  @Get()
  @Operation({ summary: 'Tell whose token this is', access: 'viewer', answer: whoamiSchema })
  whoami(@CallerOf() { name, role }: Caller): z.output<typeof whoamiSchema> {
    return { name, role, hubVersion };
  }
}
