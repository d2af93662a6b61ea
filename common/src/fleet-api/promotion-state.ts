/** States of a promotion. The last five are its ends. */
export const promotionStates = [
  'Queued',
  'Gating',
  'Delivering',
  'RollingOut',
  'Verifying',
  'RollingBack',
  'Promoted',
  'Superseded',
  'Failed',
  'Aborted',
  'RolledBack',
] as const;
export type PromotionState = (typeof promotionStates)[number];

/** States in which a promotion has ended. */
export const promotionEnds = [
  'Promoted',
  'Superseded',
  'Failed',
  'Aborted',
  'RolledBack',
] as const satisfies readonly PromotionState[];
