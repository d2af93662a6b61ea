import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { PlanStore } from './plan.store.js';

/** Says what has changed, and ends plans to which nobody owes an answer any more. */
@Injectable()
export class PlanEndings {
  constructor(
    private readonly plans: PlanStore,
    private readonly changes: ChangeFeed,
  ) {}

  /** In the transaction that changed something about these plans; gives those that have ended. */
  async changed(manager: EntityManager, ids: readonly string[], at: Date): Promise<readonly string[]> {
    if (ids.length === 0) return [];
    const ended = await this.plans.finish(manager, ids, at);
    await this.changes.publish(
      manager,
      ids.map((key) => ({ topic: 'plan' as const, clusterId: '', key, deleted: false })),
    );
    return ended;
  }
}
