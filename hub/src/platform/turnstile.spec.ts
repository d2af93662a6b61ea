import { describe, expect, it } from 'vitest';
import { Turnstile } from './turnstile.js';

describe('a turnstile', () => {
  it('lets no more in than it has places, in order, whatever happens inside', async () => {
    const turnstile = new Turnstile(2);
    const order: number[] = [];
    let inside = 0;
    let most = 0;
    const visits = Array.from({ length: 7 }, (_, i) =>
      turnstile.pass(async () => {
        inside += 1;
        most = Math.max(most, inside);
        order.push(i);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
        if (i % 3 === 0) throw new Error(`visit ${i}`);
        return i;
      }),
    );
    const outcomes = await Promise.allSettled(visits);
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(outcomes.map(({ status }) => status)).toEqual(
      Array.from({ length: 7 }, (_, i) => (i % 3 === 0 ? 'rejected' : 'fulfilled')),
    );
  });
});
