import { Global, Module } from '@nestjs/common';
import { AuditRecorder } from '../platform/audit/audit-recorder.js';
import { AuditStore } from './audit.store.js';
import { ListAuditController } from './http/list-audit.controller.js';
import { AuditList } from './read-models/audit-list.js';

/** Everybody may write the audit trail, admins read it, nobody changes it. */
@Global()
@Module({
  controllers: [ListAuditController],
  providers: [AuditList, { provide: AuditRecorder, useClass: AuditStore }],
  exports: [AuditRecorder],
})
export class AuditModule {}
