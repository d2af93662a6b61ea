import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../clusters/cluster.js';
import { decideEnrolment } from './decide-enrolment.js';
import type { EnrolmentFacts } from './decide-enrolment.js';
import type { JoinToken } from './join-token.js';

const at = (minutes: number): Date => new Date(Date.UTC(2026, 0, 1, 0, minutes));
const now = at(30);

const token = (over: Partial<JoinToken> = {}): JoinToken => ({
  id: 'tok',
  labels: {},
  clusterName: null,
  uses: 1,
  used: 0,
  createdBy: 'admin',
  createdAt: at(0),
  expiresAt: at(60),
  ...over,
});
const cluster = (over: Partial<Cluster> = {}): Cluster => ({
  id: 'c1',
  name: 'prod',
  uid: 'u1',
  labels: {},
  enrolledAt: at(0),
  revokedAt: null,
  revokedReason: null,
  quarantinedAt: null,
  quarantineReason: null,
  ...over,
});
const facts = (over: Partial<EnrolmentFacts> = {}): EnrolmentFacts => ({
  token: token(),
  request: { clusterName: 'prod', clusterUid: 'u1', labels: {} },
  byName: null,
  byUid: null,
  usedByThisKey: false,
  ...over,
});
const known = { byName: cluster(), byUid: cluster() };
const request = facts().request;

describe('a cluster', () => {
  it.each<[string, EnrolmentFacts, object]>([
    ['that is new joins', facts(), { action: 'create', labels: {} }],
    [
      'gets its own labels and those of the token',
      facts({
        token: token({ labels: { env: 'prod' } }),
        request: { ...request, labels: { team: 'a', env: 'prod' } },
      }),
      { action: 'create', labels: { team: 'a', env: 'prod' } },
    ],
    ['that is known is enrolled again', facts(known), { action: 'reenrol', cluster: { id: 'c1' } }],
    [
      'whose answer was lost is let in again',
      facts({ ...known, usedByThisKey: true, token: token({ used: 1 }) }),
      { action: 'repeat', cluster: { id: 'c1' } },
    ],
    [
      'that was revoked comes back by a later token',
      facts({ byName: cluster({ revokedAt: at(0) }), byUid: null, token: token({ createdAt: at(1) }) }),
      { action: 'reenrol' },
    ],
    [
      'that was quarantined comes back by a later token',
      facts({ byName: cluster({ quarantinedAt: at(0) }), token: token({ createdAt: at(1) }) }),
      { action: 'reenrol' },
    ],
  ])('%s', (_, input, expected) => {
    expect(decideEnrolment(input, now)).toMatchObject(expected);
  });

  it.each<[string, EnrolmentFacts, 'denied' | 'taken', RegExp]>([
    [
      'with an expired token',
      facts({ token: token({ expiresAt: now }) }),
      'denied',
      /it expired at 2026-01-01T00:30:00/,
    ],
    [
      'with an expired token, though it used it before',
      facts({ ...known, usedByThisKey: true, token: token({ used: 1, expiresAt: at(1) }) }),
      'denied',
      /expired/,
    ],
    [
      'with a token that somebody else used',
      facts({ token: token({ used: 1 }) }),
      'denied',
      /good for enrolling once and has been used/,
    ],
    [
      'with a token that was used often enough',
      facts({ token: token({ uses: 3, used: 3 }) }),
      'denied',
      /good for enrolling 3 times/,
    ],
    [
      'with a token for another name',
      facts({ token: token({ clusterName: 'dev' }) }),
      'denied',
      /only for the cluster "dev"/,
    ],
    [
      'that asks for a label against the token',
      facts({ token: token({ labels: { env: 'dev' } }), request: { ...request, labels: { env: 'prod' } } }),
      'denied',
      /env=prod contradicts env=dev/,
    ],
    [
      'whose name another one has',
      facts({ byName: cluster({ uid: 'u2' }) }),
      'taken',
      /another cluster has this name \(its kube-system uid is u2\)/,
    ],
    [
      'that is enrolled under another name',
      facts({ byUid: cluster({ name: 'old' }) }),
      'taken',
      /is enrolled as "old"/,
    ],
    [
      'that was revoked, by an older token',
      facts({ byName: cluster({ revokedAt: at(10) }) }),
      'denied',
      /it was cut off at 2026-01-01T00:10:00/,
    ],
    [
      'that was revoked, though its answer was lost',
      facts({ byName: cluster({ revokedAt: at(10) }), usedByThisKey: true, token: token({ used: 1 }) }),
      'denied',
      /cut off/,
    ],
    [
      'that was quarantined, by an older token',
      facts({ byName: cluster({ quarantinedAt: at(10) }) }),
      'denied',
      /cut off/,
    ],
  ])('%s is refused with a remedy', (_, input, refusal, message) => {
    const decision = decideEnrolment(input, now);
    expect(decision).toMatchObject({
      action: 'refuse',
      refusal,
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(/flotilla|remove|use/),
    });
  });
});
