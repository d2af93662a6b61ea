import { describe, expect, it } from 'vitest';
import { freshnessTable } from './freshness-table.js';
import { freshnessOf } from './freshness.js';

describe('freshness', () => {
  it.each(freshnessTable)('%s', (_sentence, ageMs, expected) => {
    const now = new Date('2026-01-01T12:00:00Z');
    const confirmedAt = ageMs === null ? null : new Date(now.getTime() - ageMs);
    expect(freshnessOf(confirmedAt, now)).toBe(expected);
  });
});
