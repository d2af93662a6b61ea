import { describe, expect, it } from 'vitest';
import { Gate } from './gates.js';

describe('a period of a window', () => {
  it.each([
    ['a whole day', '00:00', '24:00', true],
    ['from midnight on', '24:00', '06:00', true],
    ['no time at all', '08:00', '08:00', false],
    ['no time at all around midnight', '24:00', '00:00', false],
    ['no time at all at the end of the day', '24:00', '24:00', false],
  ])('may be %s: %s to %s', (_sentence, from, to, isGood) => {
    const gate = { type: 'window', periods: [{ days: ['mon'], from, to }] };
    expect(Gate.safeParse(gate).success).toBe(isGood);
  });
});
