import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { promotionStates } from '@flotilla/common/fleet-api/promotion-state';
import { isEnd, promotionTransitions } from './domain/promotion-state.js';

describe('the published table of states', () => {
  const page = readFileSync(new URL('../../../docs/spec/promotions.md', import.meta.url), 'utf8');
  const published = [...page.matchAll(/^\| `(\w+)` \| `(\w+)` \| (.+) \|$/gm)].map(([, from, to, when]) => ({
    from,
    to,
    when,
  }));

  it('is the table that the code goes by', () => {
    expect(published).toEqual(promotionTransitions);
  });

  it('reaches every state, and leads from every state that is no end to an end', () => {
    const reach = (start: string) => {
      const seen = new Set([start]);
      for (let size = 0; size < seen.size;) {
        size = seen.size;
        for (const { from, to } of promotionTransitions) if (seen.has(from)) seen.add(to);
      }
      return seen;
    };
    expect([...reach('Queued')].sort()).toEqual([...promotionStates].sort());
    for (const state of promotionStates)
      expect([...reach(state)].some((one) => isEnd(one as never))).toBe(true);
  });
});
