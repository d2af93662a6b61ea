/**
 * Spreads a time by up to `percent` in both directions: ms × (1 + p(2r − 1)) (flux-compat 1.6).
 * @param random gives numbers from 0 up to 1, e.g. Math.random
 */
export function jitter(ms: number, percent: number, random: () => number): number {
  const share = Math.min(Math.max(percent, 0), 100) / 100;
  return Math.round(ms * (1 + share * (2 * random() - 1)));
}
