import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { revisionKey } from '../fleet/domain/gate.js';
import { repositoryOf } from '../fleet/domain/repository.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { Clock } from '../platform/clock.js';
import { decide } from './domain/decide.js';
import { hasChanged, isToGoOn } from './domain/go-on.js';
import { isLater, reachesLater } from './domain/later.js';
import type { Observation, Rollout, RolloutAction, RolloutEvent } from './domain/rollout.js';
import { vetoTargets } from './domain/veto-targets.js';
import type { VetoRecord, VetoTarget } from '../standing/standing.js';
import { StandingIntents } from '../standing/standing.js';
import { RolloutActions } from './rollout-actions.js';
import type { Decided } from './rollout-actions.js';
import { RolloutObserver } from './rollout-observer.js';
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

/** A rollout as it was, and as it has been decided so far. */
interface Look extends StoredRollout {
  readonly before: Rollout;
  readonly actions: readonly RolloutAction[];
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
    const { state, actions } = decide(stored.rollout, event, now.getTime());
    if (!hasChanged(stored.rollout, state)) return;
    const { id } = stored.subject;
    await this.actions.carryOut(manager, [{ stored: { ...stored, rollout: state }, actions }], now);
    await this.store.save(manager, [{ id, before: stored.rollout, after: state, wakeAt: now.getTime() }]);
    await this.changes.publish(manager, [{ topic: 'rollout', clusterId: '', key: id, deleted: false }]);
  }

  private async look(
    manager: EntityManager,
    stored: readonly StoredRollout[],
    now: Date,
  ): Promise<readonly NextLook[]> {
    if (stored.length === 0) return [];
    const vetoed = await this.vetoed(manager, stored);
    const stopped = stored.map((one) => stop(one, vetoed, now));
    return this.settle(manager, await this.decideAll(manager, stopped, now), now);
  }

  /** What clusters of later waves report is read only for the decisions that reach them. */
  private async decideAll(
    manager: EntityManager,
    looks: readonly Look[],
    now: Date,
  ): Promise<readonly Look[]> {
    const known = await this.observer.observe(manager, looks, now, isLater);
    const decided = looks.map((look, index) => decideOn(look, known[index]!, now));
    const further = looks.filter((look, index) => reachesLater(look.rollout, decided[index]!.rollout));
    if (further.length === 0) return decided;
    const all = await this.observer.observe(manager, further, now);
    return decided.map((look, index) => {
      const at = further.indexOf(looks[index]!);
      return at < 0 ? look : decideOn(further[at]!, all[at]!, now);
    });
  }

  /** Vetoes in force by what they are about. */
  private async vetoed(
    manager: EntityManager,
    stored: readonly StoredRollout[],
  ): Promise<ReadonlyMap<string, VetoRecord>> {
    const items = stored.flatMap(({ subject }) => vetoTargets(subject.items));
    const vetoes = items.length === 0 ? [] : await this.standing.vetoesOf(manager, items);
    return new Map(vetoes.map((veto) => [vetoKey(veto), veto]));
  }

  /** Stores everything that was decided; the pins of all of them change at once. */
  private async settle(
    manager: EntityManager,
    looks: readonly Look[],
    now: Date,
  ): Promise<readonly NextLook[]> {
    const decided: (Decided & { readonly saved: SavedDecision })[] = looks.map(
      ({ before, actions, ...stored }) => {
        const wake = actions.findLast((action) => action.type === 'wakeAt');
        const { subject, rollout: after } = stored;
        return { stored, actions, saved: { id: subject.id, before, after, wakeAt: wake?.at ?? null } };
      },
    );
    const changed = decided.filter(({ saved }) => hasChanged(saved.before, saved.after));
    await this.actions.carryOut(manager, decided, now);
    const written = decided.filter(
      ({ saved, stored }) => hasChanged(saved.before, saved.after) || isDue(saved, stored, now),
    );
    await this.store.save(
      manager,
      written.map(({ saved }) => saved),
    );
    await this.changes.publish(
      manager,
      changed.map(({ saved }) => ({ topic: 'rollout', clusterId: '', key: saved.id, deleted: false })),
    );
    return decided.map(({ saved }) => ({ id: saved.id, at: saved.wakeAt }));
  }
}

function decideOn(look: Look, clusters: readonly Observation[], now: Date): Look {
  const event: RolloutEvent = { type: 'observed', clusters };
  const { state, actions } = decide(look.rollout, event, now.getTime());
  const isMore = isToGoOn(look.rollout, state, event, now.getTime());
  const soon: RolloutAction[] = isMore ? [{ type: 'wakeAt', at: now.getTime() }] : [];
  return { ...look, rollout: state, actions: [...look.actions, ...actions, ...soon] };
}

/** Of a rollout that nothing happens to the clock is written now and then, and that its time has come once. */
function isDue({ before, after }: SavedDecision, { wakeAt }: StoredRollout, now: Date): boolean {
  return Math.abs(after.at - before.at) >= clockEveryMs || (wakeAt !== null && wakeAt <= now.getTime());
}

/** Whatever somebody has vetoed goes no further. */
function stop(stored: StoredRollout, vetoed: ReadonlyMap<string, VetoRecord>, now: Date): Look {
  const { subject, rollout: before } = stored;
  const veto = vetoTargets(subject.items)
    .map((target) => vetoed.get(vetoKey(target)))
    .find(Boolean);
  if (!veto) return { ...stored, before, actions: [] };
  const event: RolloutEvent = { type: 'vetoed', by: veto.requestedBy, reason: veto.reason };
  const { state, actions } = decide(before, event, now.getTime());
  return { ...stored, rollout: state, before, actions };
}

/** The same for all ways to address the repository, and for all refs that lead to the commit. */
function vetoKey({ url, revision }: VetoTarget): string {
  return `${repositoryOf(url)} ${revisionKey(revision)}`;
}
