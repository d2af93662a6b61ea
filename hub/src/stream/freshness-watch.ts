import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Freshness } from '../fleet/domain/freshness.js';
import { freshnessOf } from '../fleet/domain/freshness.js';
import { Clock } from '../platform/clock.js';

/** Notices clusters whose freshness changed by the mere passing of time, or came back by a confirmation. */
@Injectable()
export class FreshnessWatch {
  private known: ReadonlyMap<string, Freshness> | null = null;

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
  ) {}

  /** Ids of the clusters that changed since the last call; none at the first one. */
  async changed(): Promise<readonly string[]> {
    const rows: { id: string; observedAt: Date | null }[] = await this.database.query(
      'SELECT c.id, c.observed_at AS "observedAt" FROM fleet_clusters c',
    );
    const now = this.clock.now();
    const before = this.known;
    this.known = new Map(rows.map(({ id, observedAt }) => [id, freshnessOf(observedAt, now)]));
    if (before === null) return [];
    return rows
      .filter(({ id }) => before.has(id) && before.get(id) !== this.known?.get(id))
      .map(({ id }) => id);
  }

  /** The next call starts anew. */
  forget(): void {
    this.known = null;
  }
}
