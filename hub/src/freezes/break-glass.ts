import type { EntityManager } from 'typeorm';

/** What promotions ask about freezes that people have broken. `FreezesModule` (`@Global`) provides it. */
export abstract class BreakGlass {
  /**
   * Whether two people have allowed the promotion to pass all of these freezes (ids). Without any named: all that
   * stand in its environment now, of which there is at least one.
   */
  abstract isGranted(
    manager: EntityManager,
    promotionId: string,
    freezeIds?: readonly string[],
  ): Promise<boolean>;

  /** Ids of the freezes that each of these promotions may pass; those that may pass none are left out. */
  abstract grantsOf(
    manager: EntityManager,
    promotionIds: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlySet<string>>>;
}

/** A promotion, as far as freezes are about it. */
export interface FreezablePromotion {
  readonly environment: string;
  /** It has ended: no freeze is in its way any more. */
  readonly isOver: boolean;
}

/** The promotions module provides it (`@Global`, exported); without a provider every id is taken for a promotion. */
export abstract class FreezablePromotions {
  abstract find(manager: EntityManager, promotionId: string): Promise<FreezablePromotion | null>;
}
