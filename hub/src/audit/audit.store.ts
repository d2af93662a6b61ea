import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditRecorder } from '../platform/audit/audit-recorder.js';
import type { AuditEntry } from '../platform/audit/audit-recorder.js';
import { Clock } from '../platform/clock.js';
import { newId } from '../platform/ids.js';

/** Writes the audit trail; the table itself refuses every change of what has been written. */
@Injectable()
export class AuditStore extends AuditRecorder {
  constructor(private readonly clock: Clock) {
    super();
  }

  async record(manager: EntityManager, entry: AuditEntry): Promise<void> {
    await manager.query(
      `INSERT INTO audit_records (id, recorded_at, actor, action, subject, details, request_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        newId(),
        this.clock.now(),
        entry.actor,
        entry.action,
        entry.subject,
        JSON.stringify(entry.details ?? {}),
        entry.requestId ?? null,
      ],
    );
  }
}
