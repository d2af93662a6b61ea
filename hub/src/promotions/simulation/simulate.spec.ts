import { describe, expect, it } from 'vitest';
import { simulatePromotions } from './simulate.js';

describe('random courses of events', () => {
  it('never break a promise of promotions, and everything ends', { timeout: 60_000 }, () => {
    const result = simulatePromotions(200, 1);
    expect(result.failures.slice(0, 3)).toEqual([]);
    for (const end of ['Promoted', 'Superseded', 'Failed', 'Aborted', 'RolledBack'])
      expect(result.ends[end] ?? 0, end).toBeGreaterThan(0);
  });
});
