import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** One row of `records`. */
export interface RecordRow {
  readonly id: string;
  readonly clusterId: string;
  readonly spoolId: string;
  readonly sequence: bigint;
  readonly recordedAt: Date;
  readonly storedAt: Date;
  readonly severity: 'info' | 'error';
  readonly reason: string;
  readonly message: string;
  readonly object: RecordObject | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface RecordObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

type Column = readonly [name: string, type: string, value: (row: RecordRow) => unknown];

const columns: readonly Column[] = [
  ['id', 'text', ({ id }) => id],
  ['cluster_id', 'text', ({ clusterId }) => clusterId],
  ['spool_id', 'text', ({ spoolId }) => spoolId],
  ['sequence', 'bigint', ({ sequence }) => sequence],
  ['recorded_at', 'timestamptz', ({ recordedAt }) => recordedAt],
  ['stored_at', 'timestamptz', ({ storedAt }) => storedAt],
  ['severity', 'text', ({ severity }) => severity],
  ['reason', 'text', ({ reason }) => reason],
  ['message', 'text', ({ message }) => message],
  ['object_api_version', 'text', ({ object }) => object?.apiVersion ?? null],
  ['object_kind', 'text', ({ object }) => object?.kind ?? null],
  ['object_namespace', 'text', ({ object }) => object?.namespace ?? null],
  ['object_name', 'text', ({ object }) => object?.name ?? null],
  ['metadata', 'jsonb', ({ metadata }) => JSON.stringify(metadata)],
];

const insertSql = `INSERT INTO records (${columns.map(([name]) => name).join(', ')})
  SELECT * FROM unnest(${columns.map(([, type], i) => `$${i + 1}::${type}[]`).join(', ')})
  ON CONFLICT (cluster_id, spool_id, sequence) DO NOTHING`;

/** The append-only rows of `records`. */
@Injectable()
export class RecordStore {
  /** A number that is there already stays as it is. */
  async insert(manager: EntityManager, rows: readonly RecordRow[]): Promise<void> {
    if (rows.length === 0) return;
    await manager.query(
      insertSql,
      columns.map(([, , value]) => rows.map(value)),
    );
  }

  /** Gives how many went. */
  async removeBefore(manager: EntityManager, before: Date): Promise<number> {
    const [, count] = await manager.query<[unknown[], number]>(
      'DELETE FROM records WHERE records.stored_at < $1',
      [before],
    );
    return count;
  }
}
