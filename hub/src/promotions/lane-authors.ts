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
    const judged = run.promotions.filter(({ state }) => isWaiting(state) || state === 'Verifying');
    const forward = judged.filter(({ releaseNumber }) => releaseNumber > after);
    if (forward.length > 0) {
      const upTo = Math.max(...forward.map(({ releaseNumber }) => releaseNumber));
      const parts = await this.releases.contributions(manager, key.pipeline, { after, upTo }, now);
      for (const promotion of forward)
        run.put({ ...promotion, authors: authorsUpTo(parts, promotion.releaseNumber) });
    }
    for (const promotion of judged.filter((one) => !forward.includes(one))) {
      const upTo = promotion.releaseNumber;
      const own = await this.releases.contributions(manager, key.pipeline, { after: upTo - 1, upTo }, now);
      run.put({ ...promotion, authors: authorsUpTo({ ...own, unknown: null }, upTo) });
    }
  }
}

function asksPeople(setup: LaneSetup | null): boolean {
  if (!setup) return false;
  const { before, after } = setup.environment.gates;
  return [...before, ...after].some(({ type }) => type === 'approval');
}
