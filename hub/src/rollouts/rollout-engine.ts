import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { revisionKey } from '../fleet/domain/gate.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { Clock } from '../platform/clock.js';
import { decide } from './domain/decide.js';
import type { RolloutEvent } from './domain/rollout.js';
import type { VetoRecord } from '../standing/standing.js';
import { StandingIntents } from '../standing/standing.js';
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
    private readonly standing: StandingIntents,
    private readonly changes: ChangeFeed,
    private readonly clock: Clock,
  ) {}

  /** Decides on these rollouts as things are now. Those that somebody else decides on just now are left out. */
  async evaluate(ids: readonly string[]): Promise<readonly NextLook[]> {
    return this.database.transaction(async (manager) =>
      this.look(manager, await this.store.lockFree(manager, ids), this.clock.now()),
    );
  }

  /** Decides an event on a rollout that the caller's transaction has locked; a look follows at once. */
  async decide(manager: EntityManager, stored: StoredRollout, event: RolloutEvent, now: Date): Promise<void> {
    await this.apply(manager, stored, event, now);
  }

  private async look(
    manager: EntityManager,
    stored: readonly StoredRollout[],
    now: Date,
  ): Promise<readonly NextLook[]> {
    if (stored.length === 0) return [];
    const vetoed = await this.vetoed(manager, stored);
    const stopped = await this.stop(manager, stored, vetoed, now);
    const observations = await this.observer.observe(manager, stopped, now);
    const events = observations.map((clusters): RolloutEvent => ({ type: 'observed', clusters }));
    return this.settle(manager, stopped, events, now);
  }

  /** Vetoes in force by the revision that they are about. */
  private async vetoed(
    manager: EntityManager,
    stored: readonly StoredRollout[],
  ): Promise<ReadonlyMap<string, VetoRecord>> {
    const items = stored.flatMap(({ subject }) => subject.items.filter(({ url }) => url !== ''));
    const vetoes = items.length === 0 ? [] : await this.standing.vetoesOf(manager, items);
    return new Map(vetoes.map((veto) => [revisionKey(veto.revision), veto]));
  }

  /** Whatever somebody has vetoed goes no further; the rollouts as they are then. */
  private async stop(
    manager: EntityManager,
    stored: readonly StoredRollout[],
    vetoed: ReadonlyMap<string, VetoRecord>,
    now: Date,
  ): Promise<readonly StoredRollout[]> {
    const after: StoredRollout[] = [];
    for (const one of stored) {
      const veto = one.subject.items.map(({ revision }) => vetoed.get(revisionKey(revision))).find(Boolean);
      if (!veto) after.push(one);
      else {
        const event: RolloutEvent = { type: 'vetoed', by: veto.requestedBy, reason: veto.reason };
        after.push(await this.apply(manager, one, event, now));
      }
    }
    return after;
  }

  private async apply(
    manager: EntityManager,
    stored: StoredRollout,
    event: RolloutEvent,
    now: Date,
  ): Promise<StoredRollout> {
    const { state, actions } = decide(stored.rollout, event, now.getTime());
    if (!hasChanged(stored.rollout, state)) return stored;
    const after = { ...stored, rollout: state };
    const wakeAt = now.getTime();
    await this.actions.carryOut(manager, [{ stored: after, actions }], now);
    await this.store.save(manager, [{ id: stored.subject.id, before: stored.rollout, after: state, wakeAt }]);
    await this.changes.publish(manager, [
      { topic: 'rollout', clusterId: '', key: stored.subject.id, deleted: false },
    ]);
    return after;
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
      const saved = { id: one.subject.id, before: one.rollout, after: state, wakeAt: wake?.at ?? null };
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
