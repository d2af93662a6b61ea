import type { EntityManager } from 'typeorm';
import type { ApplyContext, ApplyOutcome } from '../configuration/document-handler.js';

/** What a document is stored as. */
export interface StoredDocument {
  readonly name: string;
  readonly generation: number;
  readonly spec: unknown;
}

interface NewDocument {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
  };
  readonly spec: unknown;
}

/** One of the tables of documents. */
export class DocumentStore {
  constructor(private readonly table: 'environments' | 'pipelines') {}

  /** Writes a document; one that is the same is left alone. */
  async put(
    manager: EntityManager,
    { metadata, spec }: NewDocument,
    { actor, now }: ApplyContext,
  ): Promise<{ readonly outcome: ApplyOutcome; readonly generation: number }> {
    const rows: { created: boolean; generation: number }[] = await manager.query(
      `INSERT INTO ${this.table} AS d (name, labels, annotations, spec, created_at, created_by, updated_at, updated_by)
       VALUES ($1, $2, $3, $4, $5, $6, $5, $6)
       ON CONFLICT (name) DO UPDATE SET labels = excluded.labels, annotations = excluded.annotations,
         spec = excluded.spec, generation = d.generation + (d.spec <> excluded.spec)::int,
         updated_at = excluded.updated_at, updated_by = excluded.updated_by
       WHERE (d.labels, d.annotations, d.spec) <> (excluded.labels, excluded.annotations, excluded.spec)
       RETURNING d.xmax = 0 AS created, d.generation::int`,
      [
        metadata.name,
        JSON.stringify(metadata.labels ?? {}),
        JSON.stringify(metadata.annotations ?? {}),
        JSON.stringify(spec),
        now,
        actor,
      ],
    );
    const [row] = rows;
    if (row) return { outcome: row.created ? 'created' : 'configured', generation: row.generation };
    return { outcome: 'unchanged', generation: (await this.get(manager, metadata.name))?.generation ?? 1 };
  }

  async get(manager: EntityManager, name: string): Promise<StoredDocument | null> {
    return (await this.some(manager, [name]))[0] ?? null;
  }

  /** Those of the names that exist, by name. */
  async some(manager: EntityManager, names: readonly string[]): Promise<readonly StoredDocument[]> {
    return manager.query(
      `SELECT name, generation::int, spec FROM ${this.table} WHERE name = ANY($1) ORDER BY name`,
      [names],
    );
  }

  /** By name. */
  async all(manager: EntityManager): Promise<readonly StoredDocument[]> {
    return manager.query(`SELECT name, generation::int, spec FROM ${this.table} ORDER BY name`);
  }

  async remove(manager: EntityManager, name: string): Promise<boolean> {
    const [, count] = await manager.query<[unknown, number]>(`DELETE FROM ${this.table} WHERE name = $1`, [
      name,
    ]);
    return count > 0;
  }
}
