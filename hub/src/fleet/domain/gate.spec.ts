import { describe, expect, it } from 'vitest';
import type { ObservedGate } from './gate.js';
import { gateHold, revisionKey } from './gate.js';

const pinned: ObservedGate = {
  state: 'Pinned',
  newestRevision: 'main@sha1:aaa',
  pinnedRevision: 'main@sha1:aaa',
};

describe('a gate', () => {
  it.each<readonly [string, ObservedGate | null, string | null]>([
    ['that is not there keeps nothing', null, null],
    ['that lets its source follow keeps nothing', { ...pinned, state: 'Following' }, null],
    ['whose source is on its way keeps nothing', { ...pinned, state: 'Moving' }, null],
    ['with a pin to the newest revision keeps nothing', pinned, null],
    ['with a pin to another revision holds', { ...pinned, newestRevision: 'main@sha1:bbb' }, 'Held'],
    [
      'with a pin to the same commit of another ref keeps nothing',
      { ...pinned, newestRevision: 'v1@sha1:aaa' },
      null,
    ],
    ['that has not seen the newest revision keeps nothing', { ...pinned, newestRevision: '' }, null],
    ['that waits for a pin holds', { ...pinned, state: 'Held', pinnedRevision: '' }, 'Held'],
    ['that refused its pin holds', { ...pinned, state: 'Refused' }, 'Held'],
    ['under a freeze is frozen', { ...pinned, state: 'Frozen' }, 'Frozen'],
  ])('%s', (_sentence, gate, hold) => {
    expect(gateHold(gate)).toBe(hold);
  });
});

describe('what counts of a revision', () => {
  it.each([
    ['main@sha1:4f1c9b2', '4f1c9b2'],
    ['feature/a@b@sha1:4f1c9b2', '4f1c9b2'],
    ['latest@sha256:dd', 'dd'],
    ['sha256:dd', 'dd'],
    ['6.5.4', '6.5.4'],
    ['4f1c9b2', '4f1c9b2'],
    ['', ''],
  ])('%s is %s', (revision, key) => {
    expect(revisionKey(revision)).toBe(key);
  });
});
