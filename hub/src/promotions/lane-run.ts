import type { EntityManager } from 'typeorm';
import { decide } from './domain/decide.js';
import type { PromotionAction, PromotionEvent } from './domain/events.js';
import type { GateStage, Promotion } from './domain/promotion.js';
import type { LaneSetup } from './lane-observer.js';
import type { Actor } from './promotion-journal.js';
import { hubActor } from './promotion-journal.js';
import type { LaneKey } from './promotion.store.js';

/** What is left to do once the transaction has committed. */
export interface FollowUp {
  readonly asks: readonly {
    readonly promotionId: string;
    readonly stage: GateStage;
    readonly gate: string;
  }[];
  readonly deliveries: readonly string[];
  readonly withdrawals: readonly string[];
  /** Look again at this time. */
  readonly wakeAt: Date | null;
}

/** One locked lane in one transaction: its promotions, and what happens to them. */
export class LaneRun {
  readonly touched = new Map<string, Actor>();
  private readonly original = new Map<string, Promotion>();
  private readonly now_ = new Map<string, Promotion>();
  private readonly wakes: Date[] = [];
  private readonly asks = new Map<string, FollowUp['asks'][number]>();
  private readonly deliveries = new Set<string>();

  constructor(
    readonly manager: EntityManager,
    readonly key: LaneKey,
    readonly setup: LaneSetup | null,
    promotions: readonly Promotion[],
    readonly now: Date,
  ) {
    for (const promotion of promotions) this.add(promotion);
  }

  /** Takes in a promotion that is stored. */
  add(promotion: Promotion): void {
    this.original.set(promotion.id, promotion);
    this.now_.set(promotion.id, promotion);
  }

  get promotions(): readonly Promotion[] {
    return [...this.now_.values()];
  }

  get(id: string): Promotion | undefined {
    return this.now_.get(id);
  }

  before(id: string): Promotion | undefined {
    return this.original.get(id);
  }

  /** Decides, and gives what has to happen in this transaction. */
  apply(id: string, event: PromotionEvent, actor: Actor = hubActor): readonly PromotionAction[] {
    const promotion = this.now_.get(id);
    if (!promotion) return [];
    const { state, actions } = decide(promotion, event, this.now);
    this.put(state, actor);
    return actions.filter((action) => !this.postpone(id, action));
  }

  put(promotion: Promotion, actor: Actor = hubActor): void {
    if (this.now_.get(promotion.id) === promotion) return;
    this.now_.set(promotion.id, promotion);
    if (actor !== hubActor || !this.touched.has(promotion.id)) this.touched.set(promotion.id, actor);
  }

  /** Everything that differs from what is stored. */
  get changed(): readonly Promotion[] {
    return this.promotions.filter(
      (promotion) => JSON.stringify(promotion) !== JSON.stringify(this.original.get(promotion.id)),
    );
  }

  followUp(withdrawals: readonly string[]): FollowUp {
    const wakeAt = this.wakes.length > 0 ? new Date(Math.min(...this.wakes.map((at) => at.getTime()))) : null;
    return { asks: [...this.asks.values()], deliveries: [...this.deliveries], withdrawals, wakeAt };
  }

  /** What happens after the commit, if it does. */
  private postpone(id: string, action: PromotionAction): boolean {
    if (action.type === 'wake') this.wakes.push(action.at);
    else if (action.type === 'deliver') this.deliveries.add(id);
    else if (action.type === 'ask')
      this.asks.set(`${id}/${action.stage}/${action.gate}`, { ...action, promotionId: id });
    else return false;
    return true;
  }
}
