import { describe, expect, it } from 'vitest';
import { ago, due, formatAge, pointInTime } from './age.js';

const [s, m, h, d] = [1_000, 60_000, 3_600_000, 86_400_000];

describe('an age', () => {
  it.each<[number, string]>([
    [-5 * s, '0s'],
    [0, '0s'],
    [999, '0s'],
    [119 * s, '119s'],
    [2 * m, '2m'],
    [3 * m + 20 * s, '3m20s'],
    [10 * m + 59 * s, '10m'],
    [179 * m, '179m'],
    [3 * h, '3h'],
    [5 * h + 10 * m, '5h10m'],
    [47 * h, '47h'],
    [48 * h, '2d'],
    [400 * d, '400d'],
  ])('%d ms is %s', (ms, text) => expect(formatAge(ms)).toBe(text));

  it('is never without a time', () => {
    const now = new Date('2026-01-01T00:01:00Z');
    expect(ago(null, now)).toBe('never');
    expect(ago('2026-01-01T00:00:15Z', now)).toBe('45s ago');
  });
});

describe('a point in time', () => {
  const now = new Date('2026-01-01T12:00:00Z');
  it.each<[string | null, string, string]>([
    ['2026-01-01T14:00:00.000Z', '2026-01-01 14:00 UTC (in 120m)', 'in 120m'],
    ['2026-01-02T23:30:05.000Z', '2026-01-02 23:30:05 UTC (in 35h)', 'in 35h'],
    ['2026-01-01T11:58:00.000Z', '2026-01-01 11:58 UTC (2m ago)', 'now'],
    ['2026-01-01T15:00:00+01:00', '2026-01-01 14:00 UTC (in 120m)', 'in 120m'],
    [null, '-', '-'],
  ])('%s is told in UTC, and how far away it is', (time, long, short) => {
    expect(pointInTime(time, now)).toBe(long);
    expect(due(time, now)).toBe(short);
  });
});
