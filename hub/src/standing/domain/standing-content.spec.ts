import { describe, expect, it } from 'vitest';
import type { StandingContent, StandingParts } from './standing-content.js';
import {
  nextVersion,
  sameDigest,
  standingContent,
  standingMessage,
  vetoContent,
} from './standing-content.js';

type Asked = StandingParts & { readonly vetoes: Parameters<typeof vetoContent>[0] };

function content({ vetoes, ...parts }: Asked): StandingContent {
  return standingContent(parts, vetoContent(vetoes));
}

const at = new Date('2026-03-01T12:00:00Z');
const source = { kind: 'GitRepository' as const, namespace: 'flux-system', name: 'app' };
const pin = {
  id: 'p1',
  clusterId: 'c1',
  source,
  revision: 'main@sha1:aaa',
  reason: 'rollout 1',
  requestedBy: 'ada',
  rolloutId: 'r1',
  promotionId: null,
  mayPass: [],
  allowedAt: null,
  createdAt: at,
};
const freeze = {
  id: 'f1',
  name: 'holidays',
  scope: { source },
  reason: 'nobody is on call',
  requestedBy: 'grace',
  from: at,
  until: new Date('2026-03-02T12:00:00Z'),
};
const veto = {
  id: 'v1',
  url: 'https://git.example.com/app',
  revision: 'main@sha1:bad',
  reason: 'broken',
  requestedBy: 'ada',
  rolloutId: null,
  createdAt: at,
};
const parts: Asked = {
  pins: [pin, { ...pin, id: 'p2', source: { ...source, name: 'other' } }],
  freezes: [freeze, { ...freeze, id: 'f2', name: 'audit', scope: { organisation: true } }],
  vetoes: [veto, { ...veto, id: 'v2' }],
  now: at,
};

describe('what is asked of a cluster', () => {
  it('is nothing when there is nothing', () => {
    const nothing = content({ pins: [], freezes: [], vetoes: [], now: at });
    expect([nothing.digest.length, Buffer.concat(nothing.parts).length]).toEqual([0, 0]);
  });

  it('goes over the wire as it is, a freeze under the name that people know', () => {
    expect(standingMessage(7n, Buffer.concat(content(parts).parts))).toMatchObject({
      version: 7n,
      pins: [
        {
          id: 'p1',
          source: { ...source, apiVersion: '' },
          revision: 'main@sha1:aaa',
          breakGlass: false,
          createdAt: at,
        },
        { id: 'p2', source: { name: 'other' } },
      ],
      freezes: [
        { id: 'audit', source: undefined, startsAt: at },
        {
          id: 'holidays',
          source,
          reason: 'nobody is on call',
          requestedBy: 'grace',
          expiresAt: freeze.until,
        },
      ],
      vetoes: [{ id: 'v1', url: veto.url, revision: veto.revision, reason: 'broken' }, { id: 'v2' }],
    });
  });

  it('is the same in whatever order it comes', () => {
    const { pins, freezes, vetoes } = parts;
    const reversed = {
      pins: [...pins].reverse(),
      freezes: [...freezes].reverse(),
      vetoes: [...vetoes].reverse(),
      now: at,
    };
    expect(sameDigest(content(reversed).digest, content(parts).digest)).toBe(true);
  });

  it.each<readonly [string, Partial<Asked>]>([
    ['a pin to another revision', { pins: [{ ...pin, revision: 'main@sha1:bbb' }, parts.pins[1]!] }],
    ['a pin that may pass freezes', { pins: [{ ...pin, mayPass: ['f1', 'f2'] }, parts.pins[1]!] }],
    ['a pin less', { pins: [pin] }],
    [
      'a freeze that ends later',
      { freezes: [{ ...freeze, until: new Date('2026-03-03') }, parts.freezes[1]!] },
    ],
    ['a veto less', { vetoes: [veto] }],
  ])('differs by %s', (_sentence, change) => {
    expect(sameDigest(content({ ...parts, ...change }).digest, content(parts).digest)).toBe(false);
  });
});

describe('a pin that may pass a freeze', () => {
  const later = new Date(at.getTime() + 1);
  const line = { ...freeze, id: 'f2', name: 'stop-the-line' };
  const elsewhere = { source: { ...source, name: 'other' } };
  it.each<readonly [string, readonly (typeof freeze)[], boolean]>([
    ['passes it', [freeze], true],
    ['has nothing to pass when it is over', [], false],
    ['does not pass another one beside it', [freeze, line], false],
    ['does not care for one of another source', [freeze, { ...line, scope: elsewhere }], true],
    ['does not care for one to come', [freeze, { ...line, from: later }], true],
    ['does not pass another one', [line], false],
  ])('%s', (_sentence, freezes, passes) => {
    const pins = [{ ...pin, mayPass: ['f1'], allowedAt: at }];
    const message = standingMessage(1n, Buffer.concat(content({ pins, freezes, vetoes: [], now: at }).parts));
    expect(message.pins[0]).toMatchObject({ breakGlass: passes, createdAt: at });
  });

  it('is as new as the permission: its agent knows by that which freezes were meant', () => {
    const pins = [{ ...pin, mayPass: ['f1'], allowedAt: later }];
    const { parts: bytes } = content({ pins, freezes: [freeze], vetoes: [], now: at });
    expect(standingMessage(1n, Buffer.concat(bytes)).pins[0]).toMatchObject({ createdAt: later });
  });
});

describe('the next version', () => {
  it.each([
    ['is the time', 5n, 1_000, 1000n],
    ['rises in the same millisecond', 1000n, 1_000, 1001n],
    ['rises when the clock went back', 9000n, 1_000, 9001n],
  ])('%s', (_sentence, last, now, next) => {
    expect(nextVersion(last, new Date(now))).toBe(next);
  });
});
