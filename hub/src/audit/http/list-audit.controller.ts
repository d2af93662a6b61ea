import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { Page } from '../../paging/cursor.js';
import type { AuditRow } from '../read-models/audit-list.js';
import { AuditList } from '../read-models/audit-list.js';
import type { ListAuditQuery } from './audit.schema.js';
import { auditListSchema, listAuditQuery } from './audit.schema.js';

@ApiTags('audit')
@Controller('api/v1/audit')
export class ListAuditController {
  constructor(private readonly audit: AuditList) {}

  @Get()
  @Operation({ summary: 'List who did what, newest first', access: 'admin', answer: auditListSchema })
  listAudit(@Query({ schema: listAuditQuery }) query: ListAuditQuery): Promise<Page<AuditRow>> {
    return this.audit.page(query);
  }
}
