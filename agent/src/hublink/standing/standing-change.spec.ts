import { describe, expect, it } from 'vitest';
import { changeBetween, comparableUrl, type StandingState } from './standing-change.js';
import { allowedOf } from './standing-policy.js';
import { emptySet, readIntents, type StandingSet } from './standing-set.js';

const source = (name: string) => ({ kind: 'GitRepository', namespace: 'a', name });
const pin = (name: string, revision = 'main@sha1:1') => ({
  id: `pin-${name}`,
  source: source(name),
  revision,
  reason: '',
  requestedBy: '',
  breakGlass: false,
});
const freeze = (name?: string, reason = '') => ({
  id: `freeze-${name}`,
  ...(name === undefined ? {} : { source: source(name) }),
  reason,
  requestedBy: '',
});
const veto = { id: 'v', url: 'https://git.example.com/one.git', revision: 'sha1:1', reason: '' };
const readable = (over: Partial<StandingSet> = {}): StandingState => ({
  readable: true,
  set: { ...emptySet, ...over },
});
const lost: StandingState = { readable: false, why: 'corrupt' };

/** Which of the sources one, two and three (each with an address of its own) are woken. */
function woken(before: StandingState, after: StandingState): string[] {
  const change = changeBetween(before, after);
  const names = ['one', 'two', 'three'];
  return names.filter((name) => change?.concerns(source(name), `https://git.example.com/${name}`));
}

describe('a change of what is asked wakes', () => {
  it.each<[string, StandingState, StandingState, string[]]>([
    [
      'nobody when only the version rises',
      readable({ pins: [pin('one')] }),
      readable({ pins: [pin('one')], version: 2n }),
      [],
    ],
    ['the source of a new pin', readable(), readable({ pins: [pin('one')] }), ['one']],
    [
      'the source of a pin that is gone',
      readable({ pins: [pin('one'), pin('two')] }),
      readable({ pins: [pin('two')] }),
      ['one'],
    ],
    [
      'the source of a pin that has moved',
      readable({ pins: [pin('one')] }),
      readable({ pins: [pin('one', 'main@sha1:2')] }),
      ['one'],
    ],
    ['the source of a freeze', readable(), readable({ freezes: [freeze('two')] }), ['two']],
    [
      'all by a freeze of the cluster',
      readable(),
      readable({ freezes: [freeze()] }),
      ['one', 'two', 'three'],
    ],
    ['all when it is lifted', readable({ freezes: [freeze()] }), readable(), ['one', 'two', 'three']],
    [
      'the old and the new source of a freeze',
      readable({ freezes: [{ ...freeze('one'), id: 'f' }] }),
      readable({ freezes: [{ ...freeze('two'), id: 'f' }] }),
      ['one', 'two'],
    ],
    ['the sources of a vetoed address', readable(), readable({ vetoes: [veto] }), ['one']],
    ['all when it cannot be read any more', readable(), lost, ['one', 'two', 'three']],
    ['nobody when it still cannot', lost, lost, []],
  ])('%s', (_, before, after, expected) => {
    expect(woken(before, after)).toEqual(expected);
  });
});

describe('addresses', () => {
  it.each([
    ['https://user:secret@Git.Example.com/a/b.git', 'https://git.example.com/a/b'],
    ['https://git.example.com/a/b/', 'https://git.example.com/a/b'],
    ['ssh://git@git.example.com:22/a/B', 'ssh://git.example.com:22/a/B'],
    ['oci://registry.example.com/charts/web', 'oci://registry.example.com/charts/web'],
  ])('are compared without what tells no repositories apart: %s', (url, expected) => {
    expect(comparableUrl(url)).toBe(expected);
  });
});

describe('the flag --hub-intents', () => {
  const set: StandingSet = { ...emptySet, pins: [pin('one')], freezes: [freeze()], vetoes: [veto] };
  it.each([
    [['pin', 'freeze'] as const, [1, 1, 1], ''],
    [['freeze'] as const, [0, 1, 1], /pin \(1 left out\) from the hub; see the agent's flag --hub-intents/],
    [['pin'] as const, [1, 0, 0], /freeze \(2 freezes and vetoes left out\)/],
    [[] as const, [0, 0, 0], /pin \(1 left out\) and freeze/],
  ])('with %j lets through', (verbs, counts, refusal) => {
    const allowed = allowedOf(set, verbs);
    const { pins, freezes, vetoes } = allowed.set;
    expect([pins.length, freezes.length, vetoes.length]).toEqual(counts);
    expect(allowed.refusal).toEqual(refusal === '' ? '' : expect.stringMatching(refusal));
  });

  it('has nothing to refuse in a set that asks for nothing', () => {
    expect(allowedOf(emptySet, []).refusal).toBe('');
  });
});

describe('a message of the hub', () => {
  it('loses only the parts that make no sense, and says which', () => {
    const ref = { apiVersion: 'v1', kind: '', namespace: '', name: '' };
    const good = { ...pin('one'), source: { apiVersion: 'v1', ...source('one') } };
    const read = readIntents(
      {
        version: 3n,
        pins: [good, { ...good, id: 'x', source: undefined }, { ...good, id: 'y', revision: '' }],
        freezes: [
          { id: 'all', reason: '', requestedBy: '' },
          { id: 'z', source: ref, reason: '', requestedBy: '' },
        ],
        vetoes: [veto],
      },
      'c-1',
    );
    expect(read.set).toMatchObject({
      version: 3n,
      cluster: 'c-1',
      pins: [{ id: 'pin-one' }],
      freezes: [{ id: 'all' }],
    });
    expect(read.problems).toEqual([
      "pin 'x' names no source",
      "pin 'y' names no revision",
      "freeze 'z' names no source",
    ]);
  });
});
