import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { HubError } from '../platform/errors/hub-error.js';
import type { ReleaseRecord } from '../releases/releases.js';
import { Releases } from '../releases/releases.js';
import { Rollouts } from '../rollouts/rollouts.js';
import { deliveredItems } from './domain/delivered-items.js';
import type { PromotionAction, PromotionEvent } from './domain/events.js';
import type { Promotion } from './domain/promotion.js';
import { EnvironmentRules } from './environment-rules.js';
import { LaneObserver } from './lane-observer.js';
import type { LaneSetup } from './lane-observer.js';
import type { LaneRun } from './lane-run.js';
import type { Actor } from './promotion-journal.js';

/** With the hash of a source. */
const startLock = 0x666c_7072;

/** Starts rollouts for promotions, stops them and sends them back, in the transaction of the decision. */
@Injectable()
export class RolloutDesk {
  constructor(
    private readonly releases: Releases,
    private readonly observer: LaneObserver,
    private readonly environments: EnvironmentRules,
    private readonly rollouts: Rollouts,
  ) {}

  /** Carries out what was decided; `before` is the promotion as it was. */
  async carryOut(run: LaneRun, before: Promotion, action: PromotionAction, actor: Actor): Promise<void> {
    if (action.type === 'start') await this.start(run, before);
    if (action.type === 'command') await this.command(run, before.id, action, actor);
  }

  private async start(run: LaneRun, before: Promotion): Promise<void> {
    const { manager, setup } = run;
    const release = await this.releases.get(manager, before.releaseId);
    if (!setup || !release) throw new Error(`promotion ${before.id}: its pipeline or release is gone`);
    await this.lockSources(manager, release);
    const [obstacle] =
      (await this.environments.obstacle(manager, before.environment)) ??
      (await this.environments.overlap(manager, setup.pipeline, before.environment)) ??
      (await this.observer.obstacles(manager, before, setup, release, null));
    const event: PromotionEvent =
      obstacle === undefined
        ? await this.ask(run, setup, release, run.get(before.id) ?? before)
        : { type: 'postponed', reason: obstacle };
    const begun = run.get(before.id);
    if (event.type === 'postponed' && begun)
      run.put({ ...begun, state: 'Gating', startedAt: null, onFailure: null });
    run.apply(before.id, event);
  }

  /** Whoever starts a rollout of a source looks alone whether another one is in its way. */
  private async lockSources(manager: EntityManager, { items }: ReleaseRecord): Promise<void> {
    // In one order for all, so that nobody waits for one who waits for him.
    await manager.query(
      `SELECT pg_advisory_xact_lock($1, key) FROM (SELECT DISTINCT hashtext(word) AS key
         FROM unnest($2::text[]) AS word ORDER BY key) keys`,
      [startLock, items.map(({ source: { kind, namespace, name } }) => `${kind}/${namespace}/${name}`)],
    );
  }

  private async ask(
    run: LaneRun,
    { environment }: LaneSetup,
    release: ReleaseRecord,
    promotion: Promotion,
  ): Promise<PromotionEvent> {
    const request = {
      promotionId: promotion.id,
      pipeline: promotion.pipeline,
      release: promotion.releaseName,
      environment: promotion.environment,
      strategy: environment.rollout,
      delivery: environment.delivery,
      items: deliveredItems(
        release.items.map(({ source, url, revision }) => ({ source, url, revision })),
        promotion.delivery?.revisions ?? [],
      ),
      requestedBy: promotion.requestedBy,
      breakGlass: await this.observer.mayBreakGlass(run.manager, promotion.id),
      kind: (await this.observer.isGoingBack(run.manager, promotion)) ? 'rollback' : 'promotion',
    } as const;
    try {
      const { id } = await run.manager.transaction((inner) => this.rollouts.start(inner, request, run.now));
      return { type: 'started', rolloutId: id };
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      // Somebody else moves there, which ends; everything else is not going to change by itself.
      const { code, message: reason } = error;
      return code === 'Conflict' ? { type: 'postponed', reason } : { type: 'refused', reason };
    }
  }

  private async command(
    run: LaneRun,
    id: string,
    { command, reason }: Extract<PromotionAction, { type: 'command' }>,
    actor: Actor,
  ): Promise<void> {
    const rolloutId = run.get(id)?.rolloutId ?? null;
    const failed = (why: string) =>
      run.apply(id, { type: 'refused', reason: `${reason}; the clusters cannot go back: ${why}` });
    if (rolloutId === null) return void failed('there is no rollout');
    try {
      await run.manager.transaction((inner: EntityManager) =>
        this.rollouts.command(inner, rolloutId, { type: command, reason }, actor.name, run.now),
      );
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      // A rollout that cannot be aborted has ended just now, and has told so.
      if (command === 'rollback') failed(error.message);
    }
  }
}
