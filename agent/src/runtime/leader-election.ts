import type { KubeObject } from '@flotilla/common/kube/object';
import type { KubeReader, KubeWriter } from '../kube/client.js';
import { isApiError } from '../kube/errors.js';
import { sleep, type Clock } from './clock.js';
import {
  decideLease,
  observe,
  releasedSpec,
  specOf,
  type LeaseSpec,
  type Observation,
} from './leader-lease.js';
import type { Logger } from './logger.js';

export interface LeaderElectionOptions {
  client: KubeReader & KubeWriter;
  /** The Lease. */
  name: string;
  namespace: string;
  /** Unlike any other process, e.g. `<pod>_<uuid>`. */
  identity: string;
  clock: Clock;
  logger: Logger;
  /** `--leader-election-lease-duration`. Default 35 s. */
  leaseDurationMs?: number;
  /** `--leader-election-renew-deadline`. Default 30 s. */
  renewDeadlineMs?: number;
  /** `--leader-election-retry-period`. Default 5 s. */
  retryPeriodMs?: number;
  /** `--leader-election-release-on-cancel`. Default true. */
  releaseOnCancel?: boolean;
  /**
   * The work of a leader. Its signal is aborted the moment the lease can no longer be counted on; the lease is
   * released only after it has returned.
   */
  lead: (signal: AbortSignal) => Promise<void>;
  /** 0 <= r < 1; spreads the attempts of those who wait. */
  random?: () => number;
  onChange?: (isLeader: boolean) => void;
}

/** The lease was lost: someone else may be leading now. The process must not go on. */
export class LeadershipLostError extends Error {
  override readonly name = 'LeadershipLostError';
}

/**
 * Waits for the lease, leads, and renews until the signal is aborted. Never do two processes that keep to it lead at
 * the same time: a leader gives up `renewDeadline` after its last success, others wait a whole `leaseDuration`.
 * @throws LeadershipLostError
 */
export async function runLeaderElection(options: LeaderElectionOptions, signal: AbortSignal): Promise<void> {
  await new Election(options).run(signal);
}

const jitterFactor = 1.2;

class Election {
  private seen: Observation | undefined;
  private readonly leaseDurationMs: number;
  private readonly renewDeadlineMs: number;
  private readonly retryPeriodMs: number;

  constructor(private readonly options: LeaderElectionOptions) {
    this.leaseDurationMs = options.leaseDurationMs ?? 35_000;
    this.renewDeadlineMs = options.renewDeadlineMs ?? 30_000;
    this.retryPeriodMs = options.retryPeriodMs ?? 5_000;
    if (
      this.leaseDurationMs <= this.renewDeadlineMs ||
      this.renewDeadlineMs <= this.retryPeriodMs * jitterFactor
    ) {
      throw new Error(
        'leader election: the lease duration must be longer than the renew deadline, and that longer than 1.2 retry periods',
      );
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    const { logger, clock, random = Math.random, name, namespace } = this.options;
    while (!signal.aborted && !(await this.attempt(signal))) {
      const waitMs = this.retryPeriodMs * (1 + random() * jitterFactor);
      await sleep(clock, waitMs, signal).catch(() => undefined);
    }
    if (signal.aborted) return;
    logger.info({ lease: `${namespace}/${name}` }, 'became leader');
    this.options.onChange?.(true);
    await this.lead(signal);
  }

  private async lead(signal: AbortSignal): Promise<void> {
    const duty = new AbortController();
    const onStop = (): void => duty.abort(signal.reason);
    signal.addEventListener('abort', onStop, { once: true });
    if (signal.aborted) onStop();
    // Work that ends, or fails, ends the leadership too.
    const work = this.options
      .lead(duty.signal)
      .finally(() => duty.abort(new Error('the work of the leader ended')));
    try {
      await this.renewUntil(duty.signal);
    } catch (error) {
      // Nobody waits for the work: whoever called must not go on, whether the work has noticed or not.
      duty.abort(error);
      work.catch(() => undefined);
      this.options.onChange?.(false);
      throw error;
    } finally {
      signal.removeEventListener('abort', onStop);
    }
    try {
      await work;
    } finally {
      await this.release();
      this.options.onChange?.(false);
    }
  }

  /** Renews until the signal is aborted. @throws LeadershipLostError */
  private async renewUntil(signal: AbortSignal): Promise<void> {
    const { clock } = this.options;
    let renewedAt = clock.monotonic();
    while (!signal.aborted) {
      await sleep(clock, this.retryPeriodMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      const deadline = renewedAt + this.renewDeadlineMs;
      const startedAt = clock.monotonic();
      if (await this.attemptWithin(deadline - startedAt, signal)) {
        // Counted from before the request: the server may have written at any moment since.
        renewedAt = startedAt;
      } else if (this.heldByAnother()) {
        throw new LeadershipLostError(`the lease is held by ${specOf(this.seen?.lease).holderIdentity}`);
      }
      if (clock.monotonic() >= renewedAt + this.renewDeadlineMs) {
        throw new LeadershipLostError(`the lease could not be renewed within ${this.renewDeadlineMs}ms`);
      }
    }
  }

  private heldByAnother(): boolean {
    const holder = specOf(this.seen?.lease).holderIdentity;
    return holder !== undefined && holder !== null && holder !== '' && holder !== this.options.identity;
  }

  /** One attempt that ends when the time is over, even when no answer comes. */
  private async attemptWithin(timeMs: number, signal: AbortSignal): Promise<boolean> {
    const limit = new AbortController();
    const cancel = this.options.clock.schedule(timeMs, () =>
      limit.abort(new Error('the renew deadline has passed')),
    );
    const onStop = (): void => limit.abort(signal.reason);
    signal.addEventListener('abort', onStop, { once: true });
    try {
      return await this.attempt(limit.signal);
    } finally {
      cancel();
      signal.removeEventListener('abort', onStop);
    }
  }

  /** Reads the lease and creates, takes or renews it if that is right. True = we hold it now. */
  private async attempt(signal: AbortSignal): Promise<boolean> {
    const { client, clock, identity, logger } = this.options;
    try {
      const lease = await client.get(this.ref(), { signal });
      this.seen = observe(this.seen, lease, clock.monotonic());
      const action = decideLease(this.seen, {
        identity,
        leaseDurationMs: this.leaseDurationMs,
        now: clock.now(),
        monotonic: clock.monotonic(),
      });
      if (action.type === 'wait') {
        logger.debug({ holder: action.holder }, 'another process leads');
        return false;
      }
      const written = await this.write(action.type === 'create' ? undefined : lease, action.spec, signal);
      this.seen = observe(this.seen, written, clock.monotonic());
      return true;
    } catch (error) {
      // A conflict only says that somebody was faster; the next attempt shows who.
      if (isApiError(error, 409)) logger.debug({ error }, 'another process wrote the lease');
      else if (!signal.aborted) logger.error({ error }, 'the lease cannot be read or written');
      return false;
    }
  }

  /** The version is the lock: of two who take at the same time, one is refused. */
  private write(
    lease: KubeObject | undefined,
    spec: LeaseSpec,
    signal: AbortSignal | undefined,
  ): Promise<KubeObject> {
    const options = signal ? { signal } : {};
    const { client } = this.options;
    if (!lease) {
      const { namespace, name, apiVersion, kind } = this.ref();
      return client.create({ apiVersion, kind, metadata: { name, namespace }, spec }, options);
    }
    const { resourceVersion, uid } = lease.metadata;
    return client.patch(
      this.ref(),
      { type: 'merge', body: { metadata: { resourceVersion, uid }, spec } },
      options,
    );
  }

  private async release(): Promise<void> {
    const { releaseOnCancel = true, client, clock, identity, logger } = this.options;
    if (!releaseOnCancel) return;
    try {
      // The last renewal may have been cut short by the stop after the server had written it.
      const lease = await client.get(this.ref());
      if (lease && specOf(lease).holderIdentity === identity)
        await this.write(lease, releasedSpec(lease, clock.now()), undefined);
    } catch (error) {
      logger.info({ error }, 'the lease could not be released; others have to wait until it ends');
    }
  }

  private ref() {
    const { namespace, name } = this.options;
    return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name };
  }
}
