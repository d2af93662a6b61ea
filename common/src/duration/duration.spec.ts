import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  durationPattern,
  formatDuration,
  parseDuration,
  readDuration,
  shortDurationPattern,
} from './duration.js';
import { jitter } from './jitter.js';

describe('durations, as Go reads and prints them', () => {
  it.each<[string, number, string]>([
    ['0', 0, '0s'],
    ['0s', 0, '0s'],
    ['30s', 30_000, '30s'],
    ['60s', 60_000, '1m0s'],
    ['1m', 60_000, '1m0s'],
    ['90m', 5_400_000, '1h30m0s'],
    ['1h', 3_600_000, '1h0m0s'],
    ['24h', 86_400_000, '24h0m0s'],
    ['1h15m30.918s', 4_530_918, '1h15m30.918s'],
    ['1.5s', 1500, '1.5s'],
    ['.5s', 500, '500ms'],
    ['5.s', 5000, '5s'],
    ['750ms', 750, '750ms'],
    ['1s2m', 121_000, '2m1s'],
    ['-1.5h', -5_400_000, '-1h30m0s'],
    ['+5s', 5000, '5s'],
    ['1.5ms', 1.5, '1.5ms'],
    ['1500us', 1.5, '1.5ms'],
    ['20µs', 0.02, '20µs'],
    ['1ns', 1e-6, '1ns'],
    ['100ms200us', 100.2, '100.2ms'],
  ])('%s', (text, ms, printed) => {
    expect(parseDuration(text)).toBeCloseTo(ms, 6);
    expect(formatDuration(parseDuration(text))).toBe(printed);
  });

  it.each([
    '',
    ' ',
    '5',
    '-',
    '1d',
    '1s ',
    ' 1s',
    '1 s',
    '1h-1s',
    '.s',
    '1..5s',
    'Infinitys',
    '1e3s',
    '3000000h',
  ])('refuse %j', (text) => {
    expect(readDuration(text)).toBeUndefined();
    expect(() => parseDuration(text)).toThrow(`invalid duration ${JSON.stringify(text)}`);
  });

  it('come back from print', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBeCloseTo(ms, 3);
      }),
    );
  });

  it('take linear time on hostile text', () => {
    expect(readDuration(`${'1'.repeat(200_000)}x`)).toBeUndefined();
    expect(readDuration(`${'1s'.repeat(100_000)}x`)).toBeUndefined();
  });
});

describe('the two grammars of fields (flux-compat 0)', () => {
  it.each<[string, boolean, boolean]>([
    ['5m', true, true],
    ['1h', true, false],
    ['1h30m', true, false],
    ['1.5s', true, true],
    ['100ms', true, true],
    ['1d', false, false],
    ['1us', false, false],
    ['-1s', false, false],
    ['', false, false],
    ['1', false, false],
  ])('%s: with hours %s, without %s', (text, long, short) => {
    expect(new RegExp(durationPattern).test(text)).toBe(long);
    expect(new RegExp(shortDurationPattern).test(text)).toBe(short);
  });
});

describe('jitter (flux-compat 1.6)', () => {
  it.each<[number, number, number, number]>([
    [100_000, 5, 0, 95_000],
    [100_000, 5, 0.5, 100_000],
    [100_000, 5, 0.999_999, 105_000],
    [100_000, 0, 0, 100_000],
    [100_000, 100, 0, 0],
  ])('of %d by %d percent with %d is %d', (ms, percent, random, expected) => {
    expect(jitter(ms, percent, () => random)).toBe(expected);
  });
});
