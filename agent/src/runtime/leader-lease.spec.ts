import type { KubeObject } from '@flotilla/common/kube/object';
import { describe, expect, it } from 'vitest';
import { decideLease, observe, releasedSpec, type LeaseSpec } from './leader-lease.js';

const now = Date.UTC(2026, 0, 1);

function lease(spec: LeaseSpec): KubeObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'agent', resourceVersion: '7' },
    spec,
  };
}

describe('deciding about a lease', () => {
  const others: LeaseSpec = {
    holderIdentity: 'other',
    renewTime: '2026-01-01T00:00:00.000000Z',
    leaseTransitions: 4,
  };
  it.each<[sentence: string, present: KubeObject | undefined, age: number, expected: unknown]>([
    ['makes one that is not there', undefined, 0, { type: 'create', spec: { leaseTransitions: 0 } }],
    [
      'renews its own',
      lease({ holderIdentity: 'me', leaseTransitions: 4 }),
      99_000,
      { type: 'renew', spec: { leaseTransitions: 4 } },
    ],
    ['waits for another holder', lease(others), 34_999, { type: 'wait', holder: 'other' }],
    [
      'takes it when its record stood still for the whole duration',
      lease(others),
      35_000,
      { type: 'take', spec: { holderIdentity: 'me', leaseTransitions: 5 } },
    ],
    [
      'takes a released one at once',
      lease({ ...others, holderIdentity: '' }),
      0,
      { type: 'take', spec: { leaseTransitions: 5 } },
    ],
  ])('%s', (_sentence, present, age, expected) => {
    const context = { identity: 'me', leaseDurationMs: 35_000, now, monotonic: 1_000 + age };
    expect(decideLease({ lease: present, observedAt: 1_000 }, context)).toMatchObject(expected as object);
  });

  it('does not believe the clock of the holder, only its own', () => {
    const ancient = lease({ ...others, renewTime: '1999-01-01T00:00:00.000000Z' });
    const context = { identity: 'me', leaseDurationMs: 35_000, now, monotonic: 10 };
    expect(decideLease({ lease: ancient, observedAt: 0 }, context)).toEqual({
      type: 'wait',
      holder: 'other',
    });
  });

  it('counts from when the record last changed', () => {
    const first = observe(undefined, lease(others), 100);
    expect(observe(first, lease({ ...others }), 200).observedAt).toBe(100);
    expect(
      observe(first, lease({ ...others, renewTime: '2026-01-01T00:00:05.000000Z' }), 300).observedAt,
    ).toBe(300);
  });

  it('releases so that the next one need not wait', () => {
    expect(releasedSpec(lease(others), now)).toEqual({
      holderIdentity: '',
      leaseDurationSeconds: 1,
      renewTime: '2026-01-01T00:00:00.000000Z',
      acquireTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 4,
    });
  });
});
