import { Injectable } from '@nestjs/common';
import type { FleetKind } from '@flotilla/common/fleet-api/document';
import type { EntityManager } from 'typeorm';
import type { DocumentName } from './document-handler.js';

/** Where a document comes from. */
export interface OriginRecord extends DocumentName {
  readonly repository: string;
  readonly path: string;
  readonly commit: string;
}

/** The table of documents that were read from Git. */
@Injectable()
export class OriginStore {
  async get(manager: EntityManager, { kind, name }: DocumentName): Promise<OriginRecord | null> {
    const rows: OriginRecord[] = await manager.query(
      `SELECT kind, name, repository, path, commit FROM configuration_origins WHERE kind = $1 AND name = $2`,
      [kind, name],
    );
    return rows[0] ?? null;
  }

  /** What a repository has made. */
  async of(manager: EntityManager, repository: string): Promise<readonly OriginRecord[]> {
    return manager.query(
      `SELECT kind, name, repository, path, commit FROM configuration_origins WHERE repository = $1
       ORDER BY kind, name`,
      [repository],
    );
  }

  /** Notes where documents come from. */
  async put(manager: EntityManager, origins: readonly OriginRecord[]): Promise<void> {
    await manager.query(
      `INSERT INTO configuration_origins AS o (kind, name, repository, path, commit)
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS r (kind text, name text, repository text, path text, commit text)
       ON CONFLICT (kind, name) DO UPDATE
         SET repository = excluded.repository, path = excluded.path, commit = excluded.commit
       WHERE (o.repository, o.path, o.commit) <> (excluded.repository, excluded.path, excluded.commit)`,
      [JSON.stringify(origins)],
    );
  }

  async remove(manager: EntityManager, kind: FleetKind, name: string): Promise<void> {
    await manager.query('DELETE FROM configuration_origins WHERE kind = $1 AND name = $2', [kind, name]);
  }
}
