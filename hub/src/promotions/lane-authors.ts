import { Injectable } from '@nestjs/common';
import { Releases } from '../releases/releases.js';
import { authorsUpTo } from './domain/authors.js';
import { isWaiting } from './domain/promotion-state.js';
import { LaneHistoryStore } from './lane-history.store.js';
import type { LaneSetup } from './lane-observer.js';
import type { LaneRun } from './lane-run.js';

/** Who may not approve: whoever made something that a promotion brings. */
@Injectable()
export class LaneAuthors {
  constructor(
    private readonly releases: Releases,
    private readonly history: LaneHistoryStore,
  ) {}

  /**
   * A release brings everything since the one that the environment was promoted to last, also of releases that were
   * never on their way here. One that the environment has had before brings nothing new: it keeps its own authors.
   */
  async refresh(run: LaneRun): Promise<void> {
    const { manager, key, now } = run;
    if (!asksPeople(run.setup)) return;
    const current = (await this.history.current(manager, key.pipeline)).get(key.environment);
    const after = current?.number ?? 0;
    const judged = run.promotions.filter(
      ({ state, releaseNumber }) => (isWaiting(state) || state === 'Verifying') && releaseNumber > after,
    );
    if (judged.length === 0) return;
    const upTo = Math.max(...judged.map(({ releaseNumber }) => releaseNumber));
    const parts = await this.releases.contributions(manager, key.pipeline, { after, upTo }, now);
    for (const promotion of judged)
      run.put({ ...promotion, authors: authorsUpTo(parts, promotion.releaseNumber) });
  }
}

function asksPeople(setup: LaneSetup | null): boolean {
  if (!setup) return false;
  const { before, after } = setup.environment.gates;
  return [...before, ...after].some(({ type }) => type === 'approval');
}
