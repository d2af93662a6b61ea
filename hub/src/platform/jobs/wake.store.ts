import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { newId } from '../ids.js';

/** A BullMQ job that has to exist: it serves a key at a time. */
export interface Arming {
  readonly queue: string;
  readonly key: string;
  readonly arm: string;
  readonly at: Date;
}

/** The table `job_wakes`: one row a key that is wanted or running. Each method is one or two atomic statements. */
@Injectable()
export class WakeStore {
  constructor(private readonly database: DataSource) {}

  /** Notes that a key is wanted; gives the job to make, or null when one that is early enough (or runs) is there. */
  async want(queue: string, key: string, at: Date): Promise<Arming | null> {
    const rows: { arm: string; running: boolean }[] = await this.database.query(
      `INSERT INTO job_wakes AS w (queue, key, arm, next_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (queue, key) DO UPDATE SET next_at = excluded.next_at,
         arm = CASE WHEN w.running_since IS NULL THEN excluded.arm ELSE w.arm END
       WHERE w.next_at IS NULL OR w.next_at > excluded.next_at
       RETURNING w.arm, w.running_since IS NOT NULL AS running`,
      [queue, key, newId(), at],
    );
    const [row] = rows;
    return row === undefined || row.running ? null : { queue, key, arm: row.arm, at };
  }

  /** Begins the run of a job, or of one whose replica died or whose run failed. False: it is out of date. */
  async begin({ queue, key, arm }: Omit<Arming, 'at'>, now: Date): Promise<boolean> {
    const [, count] = await this.database.query<[unknown, number]>(
      `UPDATE job_wakes SET running_since = $4,
         next_at = CASE WHEN running_since IS NOT NULL AND next_at > $4 THEN next_at END
       WHERE queue = $1 AND key = $2 AND arm = $3`,
      [queue, key, arm, now],
    );
    return count > 0;
  }

  /** Ends a run; gives the next job to make when the key was wanted meanwhile. */
  async end({ queue, key, arm }: Omit<Arming, 'at'>): Promise<Arming | null> {
    const [, done] = await this.database.query<[unknown, number]>(
      'DELETE FROM job_wakes WHERE queue = $1 AND key = $2 AND arm = $3 AND next_at IS NULL',
      [queue, key, arm],
    );
    if (done > 0) return null;
    const next = newId();
    const [rows] = await this.database.query<[{ at: Date }[], number]>(
      `UPDATE job_wakes SET arm = $4, running_since = NULL
       WHERE queue = $1 AND key = $2 AND arm = $3 AND next_at IS NOT NULL RETURNING next_at AS at`,
      [queue, key, arm, next],
    );
    return rows[0] ? { queue, key, arm: next, at: rows[0].at } : null;
  }

  /** What should have run before `before`, or has been running since then; oldest first. */
  async overdue(queues: readonly string[], before: Date, limit: number): Promise<readonly Arming[]> {
    return this.database.query(
      `SELECT queue, key, arm, coalesce(running_since, next_at) AS at FROM job_wakes
       WHERE queue = ANY($1) AND coalesce(running_since, next_at) < $2 ORDER BY 4 LIMIT ${limit}`,
      [queues, before],
    );
  }
}
