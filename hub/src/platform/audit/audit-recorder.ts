import type { EntityManager } from 'typeorm';

/** One decision of a person or of the hub. */
export interface AuditEntry {
  /** Name of the API token, `join-token:<id>`, or `hub`. */
  readonly actor: string;
  /** e.g. `cluster.enrolled`, `cluster.quarantined`. */
  readonly action: string;
  /** What it was done to, e.g. `cluster/prod`. */
  readonly subject: string;
  /** Why and with what; never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** The HTTP request that asked for it, where there is one. */
  readonly requestId?: string;
}

/**
 * Writes the audit trail, in the transaction that carries out the decision. A class without a body, so that it is
 * its own injection token; the audit module provides it.
 */
export abstract class AuditRecorder {
  abstract record(manager: EntityManager, entry: AuditEntry): Promise<void>;
}
