import { describe, expect, it } from 'vitest';
import { isSuspect, pauseAfter } from './judge.js';
import { versionOf, type ObjectVersion } from './object-version.js';

const version = (change: Partial<ObjectVersion> = {}): ObjectVersion => ({
  uid: 'u',
  resourceVersion: '100',
  generation: 1,
  texts: 't',
  ...change,
});
/** Of a kind without generation. */
function data(given: ObjectVersion): ObjectVersion {
  const copy = { ...given };
  delete copy.generation;
  return copy;
}

describe('whether a watched object may have drifted', () => {
  const rows: Array<[string, ObjectVersion, ObjectVersion | undefined, boolean]> = [
    ['nothing was told yet', version(), undefined, false],
    ['the own write', version(), version(), false],
    [
      'an older version that arrives late',
      version(),
      version({ resourceVersion: '99', generation: 2 }),
      false,
    ],
    [
      'numbers are compared as numbers',
      version({ resourceVersion: '1000' }),
      version({ resourceVersion: '999', generation: 2 }),
      false,
    ],
    ['a new generation', version(), version({ resourceVersion: '101', generation: 2 }), true],
    ['a status alone', version(), version({ resourceVersion: '101' }), false],
    ['other labels or annotations', version(), version({ resourceVersion: '101', texts: 'other' }), true],
    [
      'any write to a kind without generation',
      data(version()),
      data(version({ resourceVersion: '101' })),
      true,
    ],
    ['another object of the name', version(), version({ uid: 'v', resourceVersion: '101' }), true],
    ['the one before the recreation, late', version(), version({ uid: 'v', resourceVersion: '90' }), false],
    [
      'versions that are no numbers count as new',
      version({ resourceVersion: 'a' }),
      version({ resourceVersion: 'b', generation: 2 }),
      true,
    ],
  ];
  it.each(rows)('%s', (_, seen, latest, suspect) => {
    expect(isSuspect(seen, latest && { version: latest, gone: false })).toBe(suspect);
  });

  const ends: Array<[string, Partial<ObjectVersion>, boolean]> = [
    ['it went after it was seen', { resourceVersion: '101' }, true],
    ['it went unwatched, in the seen version', {}, true],
    ['it lost its label before the apply that brought it back', { resourceVersion: '99' }, false],
    ['another object of the name went', { resourceVersion: '101', uid: 'v' }, false],
  ];
  it.each(ends)('an object that is gone: %s', (_, end, suspect) => {
    expect(isSuspect(version(), { version: version(end), gone: true })).toBe(suspect);
  });

  it('the order of labels does not matter', () => {
    const a = versionOf({ name: 'x', labels: { a: '1', b: '2' } });
    expect(versionOf({ name: 'x', labels: { b: '2', a: '1' } }).texts).toBe(a.texts);
    expect(versionOf({ name: 'x', annotations: { a: '1', b: '2' } }).texts).not.toBe(a.texts);
  });
});

it('pauses grow after unfounded suspicions, up to a minute', () => {
  expect([0, 1, 2, 3, 4, 5, 20].map(pauseAfter)).toEqual([0, 0, 0, 500, 1_000, 2_000, 60_000]);
});
