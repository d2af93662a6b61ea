import { describe, expect, it } from 'vitest';
import { offsetOf, zoneFormat } from './zone-clock.js';

const minute = 60_000;

describe('the clock of a zone', () => {
  it.each([
    ['UTC', '2026-03-01T12:00:00.000Z', 0],
    ['Europe/Berlin', '2026-03-29T00:59:59.999Z', 60],
    ['Europe/Berlin', '2026-03-29T01:00:00.000Z', 120],
    ['Asia/Kathmandu', '2026-03-01T12:00:00.500Z', 345],
    ['America/New_York', '1969-12-31T23:59:59.999Z', -300],
  ])('of %s is, at %s, %i minutes ahead of UTC', (zone, time, minutes) => {
    expect(offsetOf(zoneFormat(zone), Date.parse(time))).toBe(minutes * minute);
  });

  it('is none for a zone that does not exist', () => {
    expect(() => zoneFormat('Europe/Atlantis')).toThrow(RangeError);
  });
});
