import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { EntityManager } from 'typeorm';
import { AuditRecorder } from '../platform/audit/audit-recorder.js';
import type { PinRequest, PinTarget, VetoRequest } from '../standing/standing.js';
import { StandingIntents } from '../standing/standing.js';
import type { RolloutAction } from './domain/rollout.js';
import { RolloutNudge } from './rollout-nudge.js';
import type { RolloutSubject, StoredRollout } from './rollout-row.js';
import { RolloutListener } from './rollouts.js';

/** The actions of the decision on one rollout. */
export interface Decided {
  readonly stored: StoredRollout;
  readonly actions: readonly RolloutAction[];
}

/** Does what has been decided, in the transaction of the decision. */
@Injectable()
export class RolloutActions {
  constructor(
    private readonly standing: StandingIntents,
    private readonly audit: AuditRecorder,
    private readonly nudge: RolloutNudge,
    private readonly parts: ModuleRef,
  ) {}

  /** Looked up late: promotions need the rollouts, too. Null in a hub without promotions. */
  private get listener(): RolloutListener | null {
    try {
      return this.parts.get(RolloutListener, { strict: false });
    } catch {
      return null;
    }
  }

  async carryOut(manager: EntityManager, decided: readonly Decided[], now: Date): Promise<void> {
    const pin = decided.flatMap(({ stored, actions }) => actions.flatMap((action) => pinsOf(stored, action)));
    const unpin = decided.flatMap(({ stored, actions }) =>
      actions.flatMap((action) => unpinsOf(stored.subject, action)),
    );
    if (pin.length + unpin.length > 0) await this.standing.change(manager, { pin, unpin }, now);
    for (const { stored, actions } of decided) {
      const again = actions.flatMap((action) =>
        action.type === 'pin' && action.retry ? [action.clusterId] : [],
      );
      if (again.length > 0) await this.nudge.retry(manager, stored.subject, again, now);
    }
    await this.veto(manager, decided, now);
    for (const { stored, actions } of decided)
      for (const action of actions) await this.tell(manager, stored.subject, action, now);
  }

  private async tell(
    manager: EntityManager,
    subject: RolloutSubject,
    action: RolloutAction,
    now: Date,
  ): Promise<void> {
    const { id: rolloutId, promotionId } = subject;
    if (action.type === 'finish') {
      const { state, reason } = action;
      await this.record(manager, subject, `rollout.${state.toLowerCase()}`, { reason });
      await this.listener?.finished(manager, { rolloutId, promotionId, state, reason }, now);
    } else if (action.type === 'reopen') {
      await this.listener?.reopened(manager, { rolloutId, promotionId, state: action.state }, now);
    }
  }

  /** In one order, so that two transactions that veto the same revisions do not wait for each other. */
  private async veto(manager: EntityManager, decided: readonly Decided[], now: Date): Promise<void> {
    const vetoes = decided
      .flatMap(({ stored, actions }) => actions.flatMap((action) => vetoesOf(stored.subject, action)))
      .sort((a, b) => (`${a.url} ${a.revision}` < `${b.url} ${b.revision}` ? -1 : 1));
    for (const veto of vetoes) await this.standing.veto(manager, veto, now);
  }

  private async record(
    manager: EntityManager,
    { id, promotionId, environment, pipeline }: RolloutSubject,
    action: string,
    details: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await this.audit.record(manager, {
      actor: 'hub',
      action,
      subject: `rollout/${id}`,
      details: { promotionId, pipeline, environment, ...details },
    });
  }
}

function pinsOf({ subject, rollout }: StoredRollout, action: RolloutAction): readonly PinRequest[] {
  if (action.type !== 'pin' && action.type !== 'restore') return [];
  const { id, promotionId, items, requestedBy, release } = subject;
  const cluster = rollout.clusters.find((one) => one.id === action.clusterId);
  const wave = rollout.plan.waves[cluster?.wave ?? -1]?.name ?? 'of those that joined later';
  const what = release === '' ? '' : ` of release ${release}`;
  const back = action.type === 'restore';
  const attempt = cluster && cluster.attempts > 1 ? `, attempt ${cluster.attempts}` : '';
  const reason = `rollout ${id}${what}${back ? ' was rolled back' : `, wave ${wave}${attempt}`}`;
  return items.flatMap(({ source, revision }, item) => {
    const wanted = back ? action.revisions[item] : revision;
    if (wanted === null || wanted === undefined) return [];
    return {
      clusterId: action.clusterId,
      source,
      revision: wanted,
      reason,
      requestedBy,
      rolloutId: id,
      promotionId,
    };
  });
}

function vetoesOf({ id, environment, items }: RolloutSubject, action: RolloutAction): readonly VetoRequest[] {
  if (action.type !== 'veto') return [];
  const reason = `rollout ${id} in ${environment}: ${action.reason}`.slice(0, 1_000);
  return action.items
    .map((index) => items[index]!)
    .filter(({ url }) => url !== '')
    .map(({ url, revision }) => ({ url, revision, reason, by: 'hub', rolloutId: id }));
}

function unpinsOf({ items }: RolloutSubject, action: RolloutAction): readonly PinTarget[] {
  if (action.type !== 'restore') return [];
  return items.flatMap(({ source }, item) =>
    action.revisions[item] === null || action.revisions[item] === undefined
      ? [{ clusterId: action.clusterId, source }]
      : [],
  );
}
