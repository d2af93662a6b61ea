import { Injectable } from '@nestjs/common';
import type { FreezeDocument, FreezeSpec } from '@flotilla/common/fleet-api/freeze';
import type { EntityManager } from 'typeorm';

/** One row of `freezes`. */
export interface FreezeRow {
  readonly name: string;
  readonly id: string;
  readonly spec: FreezeSpec;
  readonly generation: number;
  /** spec.from, or when it was made. */
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedBy: string;
  readonly updatedAt: Date;
}

/** The columns of `freezes f` that make a `FreezeRow`. */
export const freezeColumns = `f.name, f.id, f.spec, f.generation::int AS generation, f.starts_at AS "startsAt", f.ends_at AS "endsAt",
  f.created_by AS "createdBy", f.created_at AS "createdAt", f.updated_by AS "updatedBy", f.updated_at AS "updatedAt"`;

/** The documents of kind Freeze. */
@Injectable()
export class FreezeStore {
  async find(manager: EntityManager, name: string): Promise<FreezeRow | undefined> {
    const rows = await manager.query<FreezeRow[]>(
      `SELECT ${freezeColumns} FROM freezes f WHERE f.name = $1`,
      [name],
    );
    return rows[0];
  }

  /** The row, locked until the transaction ends. */
  async lock(manager: EntityManager, name: string): Promise<FreezeRow | undefined> {
    const rows = await manager.query<FreezeRow[]>(
      `SELECT ${freezeColumns} FROM freezes f WHERE f.name = $1 FOR UPDATE`,
      [name],
    );
    return rows[0];
  }

  /** Those that have not ended at `now`, also those that have not begun. */
  async notEnded(manager: EntityManager, now: Date): Promise<readonly FreezeRow[]> {
    return manager.query(`SELECT ${freezeColumns} FROM freezes f WHERE f.ends_at > $1 ORDER BY f.name`, [
      now,
    ]);
  }

  /** Names of those that began or ended after `since`, until `now`. */
  async turned(manager: EntityManager, since: Date, now: Date): Promise<readonly string[]> {
    const rows = await manager.query<{ name: string }[]>(
      `SELECT f.name FROM freezes f
       WHERE (f.starts_at > $1 AND f.starts_at <= $2) OR (f.ends_at > $1 AND f.ends_at <= $2)`,
      [since, now],
    );
    return rows.map(({ name }) => name);
  }

  /** Those that have not ended at `now`, and those with these names. */
  async notEndedOr(
    manager: EntityManager,
    names: readonly string[],
    now: Date,
  ): Promise<readonly FreezeRow[]> {
    return manager.query(
      `SELECT ${freezeColumns} FROM freezes f WHERE f.ends_at > $1 OR f.name = ANY($2) ORDER BY f.name`,
      [now, names],
    );
  }

  /** Writes the document; one that is the same is left alone. */
  async put(
    manager: EntityManager,
    { metadata, spec }: FreezeDocument,
    { id, by, now }: { readonly id: string; readonly by: string; readonly now: Date },
  ): Promise<'created' | 'configured' | 'unchanged'> {
    const rows = await manager.query<{ created: boolean }[]>(
      `INSERT INTO freezes AS f (name, id, labels, annotations, spec, starts_at, ends_at, created_by, created_at,
         updated_by, updated_at)
       VALUES ($1, $2, $3::jsonb, $4::jsonb, $5::jsonb, coalesce($6::timestamptz, $9), $7, $8, $9, $8, $9)
       ON CONFLICT (name) DO UPDATE SET labels = excluded.labels, annotations = excluded.annotations,
         spec = excluded.spec, generation = f.generation + (f.spec <> excluded.spec)::int,
         starts_at = coalesce($6::timestamptz, f.created_at), ends_at = excluded.ends_at,
         updated_by = excluded.updated_by, updated_at = excluded.updated_at
       WHERE (f.labels, f.annotations, f.spec) <> (excluded.labels, excluded.annotations, excluded.spec)
       RETURNING f.xmax = 0 AS created`,
      [
        metadata.name,
        id,
        JSON.stringify(metadata.labels ?? {}),
        JSON.stringify(metadata.annotations ?? {}),
        JSON.stringify(spec),
        spec.from ?? null,
        spec.until,
        by,
        now,
      ],
    );
    const [row] = rows;
    if (!row) return 'unchanged';
    return row.created ? 'created' : 'configured';
  }

  /** Makes room for a freeze that takes the name of one that has ended: nothing that was allowed in that one holds in it. */
  async removeEnded(manager: EntityManager, { metadata, spec }: FreezeDocument, now: Date): Promise<void> {
    await manager.query(
      'DELETE FROM freezes f WHERE f.name = $1 AND f.ends_at <= $2 AND f.spec <> $3::jsonb',
      [metadata.name, now, JSON.stringify(spec)],
    );
  }

  /** Gives false when there is none. */
  async remove(manager: EntityManager, name: string): Promise<boolean> {
    const [, count] = await manager.query<[unknown[], number]>(
      'DELETE FROM freezes WHERE freezes.name = $1',
      [name],
    );
    return count > 0;
  }

  /** Those of the names that no environment has. */
  async unknownEnvironments(manager: EntityManager, names: readonly string[]): Promise<ReadonlySet<string>> {
    return this.missing(manager, 'environments', names);
  }

  /** Those of the names that no cluster has. */
  async unknownClusters(manager: EntityManager, names: readonly string[]): Promise<ReadonlySet<string>> {
    return this.missing(manager, 'clusters', names);
  }

  private async missing(
    manager: EntityManager,
    table: 'environments' | 'clusters',
    names: readonly string[],
  ): Promise<ReadonlySet<string>> {
    const rows = await manager.query<{ name: string }[]>(
      `SELECT DISTINCT wanted.name FROM unnest($1::text[]) AS wanted (name)
       WHERE NOT EXISTS (SELECT FROM ${table} known WHERE known.name = wanted.name)`,
      [names],
    );
    return new Set(rows.map(({ name }) => name));
  }
}
