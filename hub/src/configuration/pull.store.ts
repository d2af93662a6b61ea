import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { LocatedProblem } from './domain/plan-pull.js';

/** How the last look at a repository ended. */
export interface PullRecord {
  readonly repository: string;
  readonly appliedCommit: string | null;
  readonly appliedAt: Date | null;
  readonly documents: number;
  readonly checkedAt: Date;
  readonly seenCommit: string | null;
  /** Empty: all of the last commit is in force. */
  readonly message: string;
  readonly problems: readonly LocatedProblem[];
}

/** The table of pulls: one row a repository. */
@Injectable()
export class PullStore {
  async get(manager: EntityManager, repository: string): Promise<PullRecord | null> {
    const rows: PullRecord[] = await manager.query(
      `SELECT repository, applied_commit AS "appliedCommit", applied_at AS "appliedAt", documents,
         checked_at AS "checkedAt", seen_commit AS "seenCommit", message, problems
       FROM configuration_pulls WHERE repository = $1`,
      [repository],
    );
    return rows[0] ?? null;
  }

  async put(manager: EntityManager, record: PullRecord): Promise<void> {
    await manager.query(
      `INSERT INTO configuration_pulls (repository, applied_commit, applied_at, documents, checked_at, seen_commit,
         message, problems) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (repository) DO UPDATE SET applied_commit = excluded.applied_commit,
         applied_at = excluded.applied_at, documents = excluded.documents, checked_at = excluded.checked_at,
         seen_commit = excluded.seen_commit, message = excluded.message, problems = excluded.problems`,
      [
        record.repository,
        record.appliedCommit,
        record.appliedAt,
        record.documents,
        record.checkedAt,
        record.seenCommit,
        record.message,
        JSON.stringify(record.problems),
      ],
    );
  }
}
