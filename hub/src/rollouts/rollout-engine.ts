import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { Clock } from '../platform/clock.js';
import { decide } from './domain/decide.js';
import type { RolloutEvent } from './domain/rollout.js';
import { RolloutActions } from './rollout-actions.js';
import type { Decided } from './rollout-actions.js';
import { RolloutObserver } from './rollout-observer.js';
import { hasChanged } from './rollout-row.js';
import type { StoredRollout } from './rollout-row.js';
import { RolloutStore } from './rollout.store.js';
import type { SavedDecision } from './rollout.store.js';

/** The clock of a rollout that nothing happens to is written only so often. */
const clockEveryMs = 5_000;

/** When to look at a rollout again. */
export interface NextLook {
  readonly id: string;
  readonly at: number | null;
}

/** Evaluates rollouts: lock, load, look, decide, and store all of it in one transaction. */
@Injectable()
export class RolloutEngine {
  constructor(
    private readonly database: DataSource,
    private readonly store: RolloutStore,
    private readonly observer: RolloutObserver,
    private readonly actions: RolloutActions,
    private readonly changes: ChangeFeed,
    private readonly clock: Clock,
  ) {}

  /** Decides on these rollouts as things are now. Those that somebody else decides on just now are left out. */
  async evaluate(ids: readonly string[]): Promise<readonly NextLook[]> {
    return this.database.transaction(async (manager) =>
      this.look(manager, await this.store.lockFree(manager, ids), this.clock.now()),
    );
  }

  /** Decides an event on rollouts that the caller's transaction has locked, as far as it goes without a look. */
  async decide(
    manager: EntityManager,
    stored: readonly StoredRollout[],
    event: RolloutEvent,
    now: Date,
  ): Promise<readonly NextLook[]> {
    return this.settle(
      manager,
      stored,
      stored.map(() => event),
      now,
    );
  }

  private async look(
    manager: EntityManager,
    stored: readonly StoredRollout[],
    now: Date,
  ): Promise<readonly NextLook[]> {
    if (stored.length === 0) return [];
    const observations = await this.observer.observe(manager, stored, now);
    const events = observations.map((clusters): RolloutEvent => ({ type: 'observed', clusters }));
    return this.settle(manager, stored, events, now);
  }

  private async settle(
    manager: EntityManager,
    stored: readonly StoredRollout[],
    events: readonly RolloutEvent[],
    now: Date,
  ): Promise<readonly NextLook[]> {
    const decided: (Decided & { readonly saved: SavedDecision })[] = stored.map((one, index) => {
      const { state, actions } = decide(one.rollout, events[index]!, now.getTime());
      const wake = actions.find((action) => action.type === 'wakeAt');
      // A person's word is followed by a look at once.
      const wakeAt = events[index]!.type === 'observed' ? (wake?.at ?? null) : now.getTime();
      const saved = { id: one.subject.id, before: one.rollout, after: state, wakeAt };
      return { stored: { ...one, rollout: state }, actions, saved };
    });
    const changed = decided.filter(({ saved }) => hasChanged(saved.before, saved.after));
    const due = ({ before, after }: SavedDecision) => Math.abs(after.at - before.at) >= clockEveryMs;
    await this.actions.carryOut(manager, decided, now);
    await this.store.save(
      manager,
      decided
        .map(({ saved }) => saved)
        .filter((saved) => hasChanged(saved.before, saved.after) || due(saved)),
    );
    await this.changes.publish(
      manager,
      changed.map(({ saved }) => ({ topic: 'rollout', clusterId: '', key: saved.id, deleted: false })),
    );
    return decided.map(({ saved }) => ({ id: saved.id, at: saved.wakeAt }));
  }
}
