import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditRecorder } from '../platform/audit/audit-recorder.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import type { Promotion } from './domain/promotion.js';
import type { PromotionState } from '@flotilla/common/fleet-api/promotion-state';

/** Who decided: a person by a request, or the hub. */
export interface Actor {
  readonly name: string;
  readonly requestId?: string;
}

export const hubActor: Actor = { name: 'hub' };

const auditedStates: Partial<Record<PromotionState, string>> = {
  RollingOut: 'promotion.started',
  RollingBack: 'promotion.rolling-back',
  Promoted: 'promotion.promoted',
  Superseded: 'promotion.superseded',
  Failed: 'promotion.failed',
  Aborted: 'promotion.aborted',
  RolledBack: 'promotion.rolled-back',
};

/** Tells what happened to promotions: in the audit trail, and to everybody who listens. */
@Injectable()
export class PromotionJournal {
  constructor(
    private readonly audit: AuditRecorder,
    private readonly changes: ChangeFeed,
  ) {}

  async created(manager: EntityManager, promotion: Promotion, actor: Actor): Promise<void> {
    const { priority, origin } = promotion;
    await this.note(manager, 'promotion.created', promotion, actor, { priority, origin });
    await this.changed(manager, [promotion]);
  }

  /** Notes a new state, if it is one that people want to find again. */
  async moved(manager: EntityManager, before: PromotionState, after: Promotion, actor: Actor): Promise<void> {
    const action = auditedStates[after.state];
    if (before === after.state || action === undefined) return;
    const reason = after.reason || after.wish?.reason;
    await this.note(manager, action, after, actor, reason ? { reason } : {});
  }

  /** Notes what somebody did to a promotion. */
  async note(
    manager: EntityManager,
    action: string,
    promotion: Promotion,
    actor: Actor,
    details: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { id, pipeline, environment, releaseName: release } = promotion;
    await this.audit.record(manager, {
      actor: actor.name,
      ...(actor.requestId === undefined ? {} : { requestId: actor.requestId }),
      action,
      subject: `promotion/${id}`,
      details: { pipeline, environment, release, ...details },
    });
  }

  /** The pipelines show their promotions, so they have changed, too. */
  async changed(manager: EntityManager, promotions: readonly Promotion[]): Promise<void> {
    const keys = new Set(promotions.map(({ pipeline }) => pipeline));
    await this.changes.publish(manager, [
      ...promotions.map(({ id }) => ({
        topic: 'promotion' as const,
        clusterId: '',
        key: id,
        deleted: false,
      })),
      ...[...keys].map((key) => ({ topic: 'pipeline' as const, clusterId: '', key, deleted: false })),
    ]);
  }
}
