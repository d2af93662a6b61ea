import { describe, expect, it } from 'vitest';
import { DeliveryLimit } from './delivery-limit.js';

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000);
const options = { windowMs: 60_000, perAddress: 2, overall: 3, addresses: 2 };

describe('the limit of webhooks', () => {
  it('takes a few of an address, and then tells how long to wait', () => {
    const limit = new DeliveryLimit(options);
    expect([limit.take('a', at(0)), limit.take('a', at(10)), limit.take('a', at(20))]).toEqual([
      0, 0, 40_000,
    ]);
  });

  it('takes a few of all together, also of an address that has sent none', () => {
    const limit = new DeliveryLimit({ ...options, addresses: 10 });
    for (const address of ['a', 'b', 'c']) expect(limit.take(address, at(0))).toBe(0);
    expect(limit.take('d', at(15))).toBe(45_000);
  });

  it('begins anew with the next window, and what was refused does not count', () => {
    const limit = new DeliveryLimit(options);
    for (const second of [0, 1, 2, 3, 4]) limit.take('a', at(second));
    expect([limit.take('a', at(60)), limit.take('a', at(61)), limit.take('a', at(62))]).toEqual([
      0, 0, 58_000,
    ]);
  });

  it('remembers only so many addresses', () => {
    const limit = new DeliveryLimit({ ...options, overall: 100 });
    for (const address of ['a', 'a', 'b', 'c']) limit.take(address, at(0));
    expect(limit.take('a', at(1))).toBe(0);
  });
});
