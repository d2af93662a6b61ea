import type { RolloutNews } from '../domain/events.js';
import type { Promotion } from '../domain/promotion.js';
import { isEnd } from '../domain/promotion-state.js';
import { queuedPromotion } from '../domain/queued-promotion.js';
import type { SimulatedEnvironment } from './schedule.js';

export interface SimulatedRelease {
  readonly number: number;
  /** Who wrote it, whether or not anybody knows. */
  readonly author: string;
  /** The token that made it by hand. */
  readonly maker: string | null;
  readonly unknown: boolean;
  readonly at: number;
}

type Stored = Pick<PromotionWorld, 'promotions' | 'news' | 'rollouts' | 'started' | 'ends' | 'count'>;

/** Everything that is the case: what the hub has stored, and what goes on outside of it. */
export class PromotionWorld {
  now = Date.UTC(2026, 2, 28);
  /** What the database holds. */
  promotions = new Map<string, Promotion>();
  news = new Map<string, readonly RolloutNews[]>();
  rollouts = new Map<string, 'forward' | 'back'>();
  started = new Map<string, number>();
  /** In which order promotions have ended. */
  ends = new Map<string, number>();
  count = 0;
  /** Those that have ended in this transaction. */
  ended: Promotion[] = [];
  readonly releases: SimulatedRelease[] = [];
  /** How often somebody has told who made something. */
  learned = 0;
  /** What people and the fleet do. */
  readonly vetoed = new Set<number>();
  readonly present: Set<string>;
  readonly busy = new Set<string>();
  readonly sick = new Set<string>();
  /** By environment: the freeze that stands. */
  readonly freezes = new Map<string, string>();
  /** `promotion/freeze` */
  readonly grants = new Set<string>();

  constructor(readonly environments: readonly SimulatedEnvironment[]) {
    this.present = new Set(environments.map(({ name }) => name));
  }

  put(promotion: Promotion): void {
    const before = this.promotions.get(promotion.id);
    this.promotions.set(promotion.id, promotion);
    if (!isEnd(promotion.state)) this.ends.delete(promotion.id);
    else if (before?.state !== promotion.state) {
      this.ends.set(promotion.id, (this.count += 1));
      this.ended.push(promotion);
    }
  }

  save(): Stored {
    const { promotions, news, rollouts, started, ends, count } = this;
    return {
      promotions: new Map(promotions),
      news: new Map(news),
      rollouts: new Map(rollouts),
      started: new Map(started),
      ends: new Map(ends),
      count,
    };
  }

  restore(stored: Stored): void {
    Object.assign(this, stored);
  }

  wasPromoted(lane: string, number: number): boolean {
    return this.has(lane, number, () => true);
  }

  cameByItself(lane: string, number: number): boolean {
    return this.has(lane, number, ({ origin }) => origin === 'automatic');
  }

  add(lane: string, number: number, origin: Promotion['origin'], priority: Promotion['priority']): void {
    this.count += 1;
    const id = `p${String(this.count).padStart(5, '0')}`;
    const { author, maker, unknown } = this.releases[number - 1]!;
    this.promotions.set(
      id,
      queuedPromotion({
        id,
        pipeline: 'web',
        environment: lane,
        releaseId: `r${number}`,
        releaseName: `web-${number}`,
        releaseNumber: number,
        origin,
        priority,
        requestedBy: 'hub',
        authors: { emails: unknown ? [] : [`${author}@example.com`], tokens: maker === null ? [] : [maker] },
        createdAt: new Date(this.now),
      }),
    );
  }

  private has(lane: string, number: number, test: (promotion: Promotion) => boolean): boolean {
    for (const promotion of this.promotions.values())
      if (promotion.environment === lane && promotion.releaseNumber === number && test(promotion))
        return true;
    return false;
  }
}

/** The promotions of an environment that have not ended, in the order of asking. */
export function openIn(world: PromotionWorld, lane: string): readonly Promotion[] {
  const open: Promotion[] = [];
  for (const promotion of world.promotions.values())
    if (promotion.environment === lane && !isEnd(promotion.state)) open.push(promotion);
  return open;
}

/** What an environment was promoted to last. */
export function currentOf(
  world: PromotionWorld,
  lane: string,
): { readonly name: string; readonly number: number } | null {
  let last: Promotion | null = null;
  for (const promotion of world.promotions.values())
    if (
      promotion.environment === lane &&
      promotion.state === 'Promoted' &&
      (last === null || world.ends.get(promotion.id)! > world.ends.get(last.id)!)
    )
      last = promotion;
  return last && { name: last.releaseName, number: last.releaseNumber };
}

/** When a release was promoted in an environment last; null: it was not, or was taken back. */
export function promotedAt(world: PromotionWorld, lane: string, number: number): Date | null {
  let at: Date | null = null;
  for (const { environment, releaseNumber, state, endedAt } of world.promotions.values())
    if (
      environment === lane &&
      releaseNumber === number &&
      state === 'Promoted' &&
      endedAt &&
      (!at || endedAt > at)
    )
      at = endedAt;
  return at;
}
