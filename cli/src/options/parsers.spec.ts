import { describe, expect, it } from 'vitest';
import {
  collect,
  collectLabels,
  collectWhole,
  parsePointInTime,
  parseSince,
  parseTimeout,
  parseTtl,
  wholeNumber,
  wordsOf,
} from './parsers.js';

const now = new Date('2026-01-10T00:00:00.000Z');
const freshness = wordsOf(['Live', 'Stale', 'Lost']);

describe('what flags mean', () => {
  it.each<[string, () => unknown, unknown]>([
    ['a timeout', () => parseTimeout('1m30s'), 90_000],
    ['a ttl in days', () => parseTtl('30d'), 2_592_000],
    ['a ttl in whole seconds', () => parseTtl('1500ms'), 2],
    ['values between commas', () => collect('a, b', ['x']), ['x', 'a', 'b']],
    ['labels', () => collectLabels('env=prod,empty=', { a: 'b' }), { a: 'b', env: 'prod', empty: '' }],
    ['a label with an equals sign in its value', () => collectLabels('a=b=c'), { a: 'b=c' }],
    ['words in any case', () => freshness('stale,LOST'), ['Stale', 'Lost']],
    ['a number', () => wholeNumber(1, 10)('10'), 10],
    ['an hour back', () => parseSince('1h', now), '2026-01-09T23:00:00.000Z'],
    ['days back', () => parseSince('2d', now), '2026-01-08T00:00:00.000Z'],
    ['a time with an offset', () => parseSince('2026-01-01T02:00:00+02:00', now), '2026-01-01T00:00:00.000Z'],
    ['values with commas', () => collectWhole('a,b', ['x']), ['x', 'a,b']],
    ['a time in UTC', () => parsePointInTime('2026-01-31T12:00Z'), '2026-01-31T12:00:00.000Z'],
    ['a time elsewhere', () => parsePointInTime('2026-01-31 12:00:00+05:30'), '2026-01-31T06:30:00.000Z'],
  ])('%s', (_name, read, value) => expect(read()).toEqual(value));

  it.each<[string, () => unknown, string]>([
    ['a timeout without a unit', () => parseTimeout('5'), 'expected a duration'],
    ['a timeout of nothing', () => parseTimeout('0s'), 'expected a duration from 1ms'],
    ['a timeout that no timer can count', () => parseTimeout('1000h'), 'to 24 days'],
    ['a negative ttl', () => parseTtl('-1h'), 'expected a duration'],
    ['no value', () => collect(' , '), 'expected a value'],
    ['a label without a value', () => collectLabels('env'), 'expected key=value'],
    ['an unknown word', () => freshness('Live,Fresh'), '"Fresh" is none of Live, Stale, Lost'],
    ['a number out of range', () => wholeNumber(1, 10)('11'), 'expected a whole number from 1 to 10'],
    ['a number with a fraction', () => wholeNumber(1, 10)('1.5'), 'expected a whole number'],
    ['a day without a time', () => parseSince('2026-01-01', now), 'expected a duration'],
    ['a time to come', () => parseSince('-1h', now), 'expected a duration'],
    ['a time of nowhere', () => parsePointInTime('2026-01-31T12:00:00'), 'with its offset from UTC'],
    ['a day alone', () => parsePointInTime('2026-01-31'), 'with its offset from UTC'],
    ['a time that is none', () => parsePointInTime('2026-13-31T12:00:00Z'), 'with its offset from UTC'],
    ['an empty value', () => collectWhole(''), 'expected a value'],
  ])('%s is refused', (_name, read, text) => expect(read).toThrow(text));
});
