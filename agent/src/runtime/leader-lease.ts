import type { KubeObject } from '@flotilla/common/kube/object';

/** The spec of a coordination.k8s.io/v1 Lease. */
export interface LeaseSpec {
  holderIdentity?: string | null;
  leaseDurationSeconds?: number | null;
  acquireTime?: string | null;
  renewTime?: string | null;
  leaseTransitions?: number | null;
}

/** What we saw of a lease, and when by our own clock: the holder's clock may be wrong, so its times are not read. */
export interface Observation {
  lease: KubeObject | undefined;
  /** Monotonic time at which the lease last looked different. */
  observedAt: number;
}

export type LeaseAction =
  | { type: 'create' | 'take' | 'renew'; spec: LeaseSpec }
  /** Somebody else holds it. */
  | { type: 'wait'; holder: string };

export interface LeaseContext {
  identity: string;
  leaseDurationMs: number;
  /** Wall clock, for people who read the lease. */
  now: number;
  monotonic: number;
}

/** Notes what a lease looks like; the time moves only when the record changed. */
export function observe(
  previous: Observation | undefined,
  lease: KubeObject | undefined,
  monotonic: number,
): Observation {
  const same =
    previous !== undefined && JSON.stringify(specOf(previous.lease)) === JSON.stringify(specOf(lease));
  return { lease, observedAt: same ? previous.observedAt : monotonic };
}

/** Decides what to do about a lease. A holder counts as dead when its record stood still for a whole lease duration. */
export function decideLease(seen: Observation, context: LeaseContext): LeaseAction {
  const { identity, leaseDurationMs, monotonic } = context;
  const time = microTime(context.now);
  const fresh: LeaseSpec = {
    holderIdentity: identity,
    leaseDurationSeconds: Math.max(1, Math.round(leaseDurationMs / 1000)),
    renewTime: time,
  };
  if (!seen.lease) return { type: 'create', spec: { ...fresh, acquireTime: time, leaseTransitions: 0 } };
  const { holderIdentity: holder, leaseTransitions, acquireTime } = specOf(seen.lease);
  if (holder === identity) {
    return {
      type: 'renew',
      spec: { ...fresh, acquireTime: acquireTime ?? time, leaseTransitions: leaseTransitions ?? 0 },
    };
  }
  if (holder && monotonic < seen.observedAt + leaseDurationMs) return { type: 'wait', holder };
  return {
    type: 'take',
    spec: { ...fresh, acquireTime: time, leaseTransitions: (leaseTransitions ?? 0) + 1 },
  };
}

/** What a holder writes when it leaves, so that the next one need not wait. */
export function releasedSpec(lease: KubeObject, now: number): LeaseSpec {
  const time = microTime(now);
  return {
    holderIdentity: '',
    leaseDurationSeconds: 1,
    renewTime: time,
    acquireTime: time,
    leaseTransitions: specOf(lease).leaseTransitions ?? 0,
  };
}

export function specOf(lease: KubeObject | undefined): LeaseSpec {
  return (lease?.spec ?? {}) as LeaseSpec;
}

/** metav1.MicroTime: RFC 3339 with six digits. */
function microTime(now: number): string {
  return new Date(now).toISOString().replace('Z', '000Z');
}
