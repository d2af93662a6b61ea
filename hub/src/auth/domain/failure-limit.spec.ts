import { describe, expect, it } from 'vitest';
import { FailureLimit } from './failure-limit.js';

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000);
const options = { failures: 3, windowMs: 60_000, addresses: 2 };

function failed(limit: FailureLimit, address: string, seconds: readonly number[]): void {
  for (const second of seconds) limit.recordFailure(address, at(second));
}

describe('the limit of failed authentications', () => {
  it('lets an address fail a few times', () => {
    const limit = new FailureLimit(options);
    failed(limit, 'a', [0, 1]);
    expect(limit.waitMs('a', at(2))).toBe(0);
  });

  it('then makes it wait until the window ends', () => {
    const limit = new FailureLimit(options);
    failed(limit, 'a', [0, 1, 2]);
    expect(limit.waitMs('a', at(10))).toBe(50_000);
    expect(limit.waitMs('a', at(60))).toBe(0);
  });

  it('starts anew in the next window', () => {
    const limit = new FailureLimit(options);
    failed(limit, 'a', [0, 1, 2, 61]);
    expect(limit.waitMs('a', at(62))).toBe(0);
  });

  it('counts each address by itself', () => {
    const limit = new FailureLimit(options);
    failed(limit, 'a', [0, 0, 0]);
    expect(limit.waitMs('b', at(0))).toBe(0);
  });

  it('remembers only so many addresses', () => {
    const limit = new FailureLimit(options);
    failed(limit, 'a', [0, 0, 0]);
    failed(limit, 'b', [0]);
    failed(limit, 'c', [0]);
    expect(limit.waitMs('a', at(0))).toBe(0);
  });
});
