import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** How the last look at a Git server ended. */
export interface WatchRecord {
  readonly pipeline: string;
  /** kind/namespace/name */
  readonly source: string;
  readonly url: string;
  readonly branch: string;
  readonly commit: string | null;
  readonly checkedAt: Date;
  /** Empty: it succeeded. */
  readonly message: string;
}

/** The table of the hub's own looks at Git servers. */
@Injectable()
export class WatchStore {
  async of(manager: EntityManager, pipeline: string): Promise<readonly WatchRecord[]> {
    return manager.query(
      `SELECT pipeline, source, url, branch, commit, checked_at AS "checkedAt", message
       FROM release_watches WHERE pipeline = $1 ORDER BY source`,
      [pipeline],
    );
  }

  async put(manager: EntityManager, record: WatchRecord): Promise<void> {
    await manager.query(
      `INSERT INTO release_watches (pipeline, source, url, branch, commit, checked_at, message)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (pipeline, source) DO UPDATE SET url = excluded.url, branch = excluded.branch,
         commit = excluded.commit, checked_at = excluded.checked_at, message = excluded.message`,
      [
        record.pipeline,
        record.source,
        record.url,
        record.branch,
        record.commit,
        record.checkedAt,
        record.message,
      ],
    );
  }
}
