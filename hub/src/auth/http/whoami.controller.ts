import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Operation } from '../../openapi/operation.js';
import { hubVersion } from '../../version.js';
import type { Caller } from '../access.js';
import { CallerOf } from '../access.js';
import { roles } from '../domain/role.js';

const whoamiSchema = z
  .object({
    name: z.string(),
    role: z.enum(roles),
    groups: z.array(z.string()),
    emails: z.array(z.string()),
    hubVersion: z.string(),
  })
  .meta({
    id: 'Whoami',
    example: {
      name: 'ada',
      role: 'operator',
      groups: ['release-managers'],
      emails: ['ada@example.com'],
      hubVersion: '0.1.0',
    },
  });

@ApiTags('tokens')
@Controller('api/v1/whoami')
export class WhoamiController {
  @Get()
  @Operation({ summary: 'Tell whose token this is', access: 'viewer', answer: whoamiSchema })
  whoami(@CallerOf() { name, role, groups, emails }: Caller): z.output<typeof whoamiSchema> {
    return { name, role, groups: [...groups], emails: [...emails], hubVersion };
  }
}
