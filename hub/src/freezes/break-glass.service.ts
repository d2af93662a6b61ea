import { Inject, Injectable, Optional } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../auth/access.js';
import { AuditRecorder } from '../platform/audit/audit-recorder.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { Clock } from '../platform/clock.js';
import { conflict, HubError, notFound } from '../platform/errors/hub-error.js';
import { newId } from '../platform/ids.js';
import { StandingIntents } from '../standing/standing.js';
import { StandingNews } from '../standing/standing-news.js';
import { BreakGlass, FreezablePromotions } from './break-glass.js';
import { BreakGlassStore } from './break-glass.store.js';
import { breakGlassTtlMs, decideBreakGlass } from './domain/break-glass-decision.js';
import type { FreezeRow } from './freeze.store.js';
import { FreezeStore } from './freeze.store.js';

/** What somebody asks for. */
export interface BreakGlassAsk {
  readonly promotion: string;
  readonly reason: string;
}

/** Lets a promotion pass a freeze: one person asks, another one confirms within a quarter of an hour. */
@Injectable()
export class BreakGlassService extends BreakGlass {
  constructor(
    private readonly database: DataSource,
    private readonly freezes: FreezeStore,
    private readonly store: BreakGlassStore,
    private readonly standing: StandingIntents,
    private readonly news: StandingNews,
    private readonly audit: AuditRecorder,
    private readonly changes: ChangeFeed,
    private readonly clock: Clock,
    @Optional() @Inject(FreezablePromotions) private readonly promotions?: FreezablePromotions,
  ) {
    super();
  }

  async isGranted(
    manager: EntityManager,
    promotionId: string,
    freezeIds?: readonly string[],
  ): Promise<boolean> {
    const granted = (await this.grantsOf(manager, [promotionId])).get(promotionId);
    if (!granted) return freezeIds?.length === 0;
    const ids = freezeIds ?? (await this.inTheWay(manager, promotionId));
    return (freezeIds !== undefined || ids.length > 0) && ids.every((id) => granted.has(id));
  }

  async grantsOf(
    manager: EntityManager,
    promotionIds: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    return this.store.granted(manager, promotionIds);
  }

  /** @throws HubError NotFound, Conflict (the freeze is in nobody's way), Forbidden (the second person is the first) */
  async breakGlass(name: string, ask: BreakGlassAsk, caller: Caller): Promise<void> {
    await this.database.transaction(async (manager) => {
      const now = this.clock.now();
      const freeze = await this.freezes.lock(manager, name);
      if (!freeze) throw missing(name);
      await this.checkStands(manager, freeze, ask.promotion, now);
      const request = (await this.store.find(manager, freeze.id, ask.promotion)) ?? null;
      const decision = decideBreakGlass(request, caller, now);
      if (decision === 'granted') return;
      if (decision === 'same person') throw samePerson(name, request!.requestedBy, caller.name);
      if (decision === 'ask') await this.ask(manager, freeze, ask, caller, now);
      else await this.store.grant(manager, request!.id, caller.name, now);
      await this.note(manager, decision, name, ask, caller);
      await this.changes.publish(manager, [
        { topic: 'freeze', clusterId: '', key: name, deleted: false },
        { topic: 'promotion', clusterId: '', key: ask.promotion, deleted: false },
      ]);
      // Pins that wait for the freeze already may pass it from now on.
      if (decision === 'grant') await this.news.tell(manager);
    });
  }

  /** Freezes that stand now where the promotion goes. */
  private async inTheWay(manager: EntityManager, promotionId: string): Promise<readonly string[]> {
    const promotion = await this.promotions?.find(manager, promotionId);
    const query = promotion ? { environment: promotion.environment } : {};
    return (await this.standing.freezesOf(manager, query, this.clock.now())).map(({ id }) => id);
  }

  private async checkStands(
    manager: EntityManager,
    { id, name, startsAt, endsAt }: FreezeRow,
    promotionId: string,
    now: Date,
  ): Promise<void> {
    if (startsAt > now || endsAt <= now) {
      const why = startsAt > now ? `begins at ${startsAt.toISOString()}` : `ended at ${endsAt.toISOString()}`;
      throw conflict(`freeze "${name}" does not stand now: it ${why}`);
    }
    if (!this.promotions) return;
    const promotion = await this.promotions.find(manager, promotionId);
    if (!promotion) {
      throw notFound(`promotion "${promotionId}" does not exist`, {
        field: 'promotion',
        remedy: 'flotilla get promotions lists those that wait',
      });
    }
    if (promotion.isOver) throw conflict(`promotion "${promotionId}" has ended: no freeze is in its way`);
    const { environment } = promotion;
    const standing = await this.standing.freezesOf(manager, { environment }, now);
    if (standing.some((freeze) => freeze.id === id)) return;
    throw conflict(`freeze "${name}" holds nothing of environment "${environment}"`);
  }

  private async ask(
    manager: EntityManager,
    freeze: FreezeRow,
    { promotion, reason }: BreakGlassAsk,
    caller: Caller,
    now: Date,
  ): Promise<void> {
    await this.store.ask(manager, {
      id: newId(),
      freezeId: freeze.id,
      promotionId: promotion,
      reason,
      requestedBy: caller.name,
      requestedToken: caller.tokenId,
      requestedAt: now,
      expiresAt: new Date(now.getTime() + breakGlassTtlMs),
    });
  }

  private async note(
    manager: EntityManager,
    decision: 'ask' | 'grant',
    freeze: string,
    { promotion, reason }: BreakGlassAsk,
    { name: actor, requestId }: Caller,
  ): Promise<void> {
    await this.audit.record(manager, {
      actor,
      requestId,
      action: decision === 'ask' ? 'break-glass.requested' : 'break-glass.granted',
      subject: `freeze/${freeze}`,
      details: { promotion, reason },
    });
  }
}

/** There is no freeze of this name. */
export function missing(name: string): HubError {
  return notFound(`freeze "${name}" does not exist`, { remedy: 'flotilla get freezes lists the known ones' });
}

function samePerson(freeze: string, requestedBy: string, caller: string): HubError {
  const same = caller === requestedBy ? '' : `, and the token "${caller}" belongs to the same person`;
  return new HubError(
    'Forbidden',
    `freeze "${freeze}": "${requestedBy}" has asked${same}, so somebody else must confirm`,
    { remedy: 'ask a second person to make the same call within 15 minutes' },
  );
}
