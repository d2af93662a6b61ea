import { describe, expect, it } from 'vitest';
import { selectGarbage } from './garbage.js';

const now = 1_000_000;
const aged = (name: string, seconds: number) => ({ name, modifiedMs: now - seconds * 1000 });

describe('garbage of an owner (flux-compat 2.1)', () => {
  it.each([
    ['nothing while there is only the current file, however old', [aged('cur', 9999)], []],
    ['files over the ttl', [aged('cur', 10), aged('old', 61)], ['old']],
    ['nothing at exactly the ttl', [aged('cur', 10), aged('old', 60)], []],
    ['never the current file, even when it is the oldest', [aged('cur', 999), aged('b', 5)], []],
    [
      'the oldest fresh files over the record limit',
      [aged('cur', 1), aged('b', 30), aged('c', 20), aged('d', 10)],
      ['b', 'c'],
    ],
    [
      'expired and surplus files together',
      [aged('cur', 1), aged('x', 100), aged('b', 30), aged('c', 20)],
      ['x', 'b'],
    ],
  ])('is %s', (_, files, expected) => {
    expect(selectGarbage(files, 'cur', { ttlMs: 60_000, records: 2 }, now)).toEqual(expected);
  });

  it('keeps the current file even with zero records', () => {
    expect(selectGarbage([aged('cur', 1), aged('b', 1)], 'cur', { ttlMs: 60_000, records: 0 }, now)).toEqual([
      'b',
    ]);
  });
});
