import { describe, expect, it } from 'vitest';
import { decideGate, type GateQuestion } from './decide-gate.js';

const now = Date.parse('2026-03-01T12:00:00Z');
const at = (hours: number): Date => new Date(now + hours * 3_600_000);
const [one, two, three] = ['main@sha1:1111111', 'main@sha1:2222222', 'main@sha1:3333333'];
const url = 'https://git.example.com/web.git';

const pin = (revision: string, breakGlass = false, createdAt?: Date) => ({
  id: 'p-1',
  source: { kind: 'GitRepository', namespace: 'a', name: 'b' },
  revision,
  reason: 'wave canary',
  requestedBy: 'ada',
  breakGlass,
  createdAt,
});
const freeze = (startsAt?: Date, expiresAt?: Date, id = 'f-1') => ({
  id,
  reason: 'holidays',
  requestedBy: 'bob',
  startsAt,
  expiresAt,
});
const veto = (revision: string, address = url) => ({
  id: 'v-1',
  url: address,
  revision,
  reason: 'broke dev',
});

/** A plain source at the first revision, while its ref is at the second. */
const plain: GateQuestion = {
  mode: 'preferred',
  freezes: [],
  vetoes: [],
  currentRevision: one,
  newestRevision: two,
  url,
  now,
};
const stands = freeze();

describe('the gate of a source', () => {
  it.each<[string, Partial<GateQuestion>, object]>([
    ['follows its ref when nothing is asked', {}, { action: 'follow' }],
    ['fetches for the first time', { currentRevision: undefined }, { action: 'follow' }],
    ['follows while the remote is not known', { newestRevision: undefined }, { action: 'follow' }],

    ['goes to its pin', { pin: pin(three) }, { action: 'fetch', isThere: false }],
    ['goes to its pin first of all', { pin: pin(three), currentRevision: undefined }, { action: 'fetch' }],
    ['stays at its pin', { pin: pin(one) }, { action: 'fetch', isThere: true }],
    [
      'knows its pin by the commit, not by the name of the ref',
      { pin: pin('v1@sha1:1111111') },
      { isThere: true },
    ],
    [
      'goes back to an older pin',
      { pin: pin(one), currentRevision: two },
      { action: 'fetch', isThere: false },
    ],

    ['none: ignores a pin', { mode: 'none', pin: pin(three) }, { action: 'follow' }],
    ['none: ignores freezes', { mode: 'none', freezes: [stands] }, { action: 'follow' }],
    ['none: ignores vetoes', { mode: 'none', vetoes: [veto(two)] }, { action: 'follow' }],
    ['none: ignores that nothing can be read', { mode: 'none', unreadable: 'x' }, { action: 'follow' }],

    ['required: stays without a pin', { mode: 'required' }, { state: 'Held', reason: 'NoPin' }],
    [
      'required: fetches nothing without a pin',
      { mode: 'required', currentRevision: undefined },
      { action: 'hold', state: 'Held', reason: 'NoPin' },
    ],
    ['required: goes to its pin', { mode: 'required', pin: pin(three) }, { action: 'fetch' }],
    [
      'an unknown mode counts as required',
      { mode: { invalid: 'x' } },
      { state: 'Held', reason: 'InvalidGate' },
    ],
    ['an unknown mode takes a pin', { mode: { invalid: 'x' }, pin: pin(two) }, { action: 'fetch' }],
    [
      'moves nowhere while it is not known what is asked',
      { unreadable: 'ConfigMap a/b is corrupt' },
      { state: 'Held', reason: 'StandingIntentsUnreadable' },
    ],

    ['is frozen where it would move', { freezes: [stands] }, { state: 'Frozen', reason: 'Frozen' }],
    [
      'is frozen before its first fetch',
      { freezes: [stands], currentRevision: undefined },
      { state: 'Frozen' },
    ],
    [
      'is not frozen where nothing would move',
      { freezes: [stands], newestRevision: one },
      { action: 'follow' },
    ],
    ['is frozen on its way to a pin', { freezes: [stands], pin: pin(three) }, { state: 'Frozen' }],
    [
      'stays at its pin in a freeze',
      { freezes: [stands], pin: pin(one) },
      { action: 'fetch', isThere: true },
    ],
    ['passes a freeze by a break-glass pin', { freezes: [stands], pin: pin(two, true) }, { action: 'fetch' }],
    [
      'passes a freeze that had begun when the glass was broken',
      { freezes: [freeze(at(-2))], pin: pin(two, true, at(-1)) },
      { action: 'fetch' },
    ],
    [
      'does not pass a freeze that began after the glass was broken',
      { freezes: [freeze(at(-2)), freeze(at(-1), undefined, 'line')], pin: pin(two, true, at(-1.5)) },
      { state: 'Frozen' },
    ],
    [
      'required without a pin says so in a freeze too',
      { mode: 'required', freezes: [stands] },
      { reason: 'NoPin' },
    ],

    ['a freeze that has not begun', { freezes: [freeze(at(1))] }, { action: 'follow' }],
    ['a freeze from this moment on', { freezes: [freeze(at(0))] }, { state: 'Frozen' }],
    ['a freeze that ends at this moment', { freezes: [freeze(at(-1), at(0))] }, { action: 'follow' }],
    ['a freeze that is over', { freezes: [freeze(at(-2), at(-1))] }, { action: 'follow' }],
    [
      'a freeze with an end is looked at again then',
      { freezes: [freeze(undefined, at(2))] },
      { state: 'Frozen', recheckAt: at(2).getTime() },
    ],
    [
      'of several freezes the last end counts',
      { freezes: [freeze(undefined, at(2)), freeze(undefined, at(5), 'f-2'), freeze(at(6), at(9), 'f-3')] },
      {
        recheckAt: at(5).getTime(),
        message: expect.stringMatching(/until 2026-03-01T17:00:00.000Z .* and 1 more freeze$/),
      },
    ],

    ['the newest revision is vetoed', { vetoes: [veto(two)] }, { state: 'Held', reason: 'Vetoed' }],
    ['a veto by the commit alone', { vetoes: [veto('2222222')] }, { reason: 'Vetoed' }],
    ['a veto under another name of the ref', { vetoes: [veto('v2@sha1:2222222')] }, { reason: 'Vetoed' }],
    [
      'a veto before the first fetch',
      { vetoes: [veto(two)], currentRevision: undefined },
      { reason: 'Vetoed' },
    ],
    [
      'a veto of another address',
      { vetoes: [veto(two, 'https://git.example.com/api.git')] },
      { action: 'follow' },
    ],
    [
      'a veto of the same address, written otherwise',
      { vetoes: [veto(two, 'https://user@GIT.example.com/web/')] },
      { reason: 'Vetoed' },
    ],
    [
      'the revision where it is was vetoed: it stays',
      { vetoes: [veto(one)], newestRevision: one },
      { action: 'follow' },
    ],
    ['leaves a vetoed revision for a newer one', { vetoes: [veto(one)] }, { action: 'follow' }],
    [
      'a pin to a vetoed revision',
      { vetoes: [veto(three)], pin: pin(three) },
      { state: 'Refused', reason: 'PinVetoed' },
    ],
    [
      'a break-glass pin does not lift a veto',
      { vetoes: [veto(three)], pin: pin(three, true) },
      { state: 'Refused', reason: 'PinVetoed' },
    ],
    [
      'stays at a pin that was vetoed since',
      { vetoes: [veto(one)], pin: pin(one) },
      { action: 'fetch', isThere: true },
    ],
  ])('%s', (_, over, expected) => {
    expect(decideGate({ ...plain, ...over })).toMatchObject(expected);
  });

  it.each<[Partial<GateQuestion>, string]>([
    [{ pin: pin(three) }, "pinned to 'main@sha1:3333333' by ada: wave canary"],
    [{ pin: pin(three, true) }, "pinned to 'main@sha1:3333333' by ada: wave canary (break-glass)"],
    [{ freezes: [stands] }, 'frozen until it is lifted by bob: holidays'],
    [
      { freezes: [stands], pin: pin(three) },
      "pinned to 'main@sha1:3333333' by ada: wave canary waits: frozen until it is lifted by bob: holidays",
    ],
    [{ vetoes: [veto(two)] }, "the newest revision 'main@sha1:2222222' is vetoed: broke dev"],
    [{ mode: 'required' }, "annotation fleet.flotilla.dev/gate is 'required' and the hub has given no pin"],
    [
      { mode: { invalid: 'x' } },
      "annotation fleet.flotilla.dev/gate has the value 'x': expected required, preferred or none; it counts as required, and there is no pin",
    ],
  ])('tells people of %j', (over, message) => {
    expect(decideGate({ ...plain, ...over })).toMatchObject({ message });
  });
});
