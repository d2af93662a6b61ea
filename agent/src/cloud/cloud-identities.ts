import { formatName, type NamespacedName } from '@flotilla/common/kube/object';
import type { KubeReader, TokenIssuer } from '../kube/client.js';
import { awsIdentity, type AwsPlace } from './aws-identity.js';
import { azureToken } from './azure-identity.js';
import { readCloudAccount, type CloudAccount } from './cloud-account.js';
import {
  defaultTokenCacheLimits,
  type CloudDeps,
  type Lasting,
  type TokenCacheLimits,
} from './cloud-deps.js';
import { gcpToken } from './gcp-identity.js';
import type { AwsCredentials } from './sign-aws.js';
import { noTokenMetrics, type TokenMetrics, type TokenOperation } from './token-metrics.js';

/** Who is meant: a ServiceAccount, or undefined for the agent itself. */
export type Who = NamespacedName | undefined;

interface Held {
  answer: Promise<Lasting<unknown>>;
  /** Milliseconds since the epoch. */
  askedAt: number;
}

interface Wanted {
  who: Who;
  what: readonly string[];
  signal: AbortSignal;
  operation: TokenOperation | undefined;
}

type Ask<T> = (account: CloudAccount | undefined, signal: AbortSignal) => Promise<Lasting<T>>;

/** What is about to end is not begun with. */
const spareMs = 5 * 60_000;

/** Credentials of clouds by workload identity, each asked for once and kept until shortly before its end. */
export class CloudIdentities {
  readonly #held = new Map<string, Held>();

  constructor(
    readonly deps: CloudDeps,
    readonly client: Pick<KubeReader, 'get'> & TokenIssuer,
    readonly limits: TokenCacheLimits = defaultTokenCacheLimits,
    readonly metrics: TokenMetrics = noTokenMetrics,
  ) {
    metrics.watch(() => this.#held.size);
  }

  /** @throws Error that says what is missing, or what the cloud says */
  async aws(
    who: Who,
    place: AwsPlace,
    signal: AbortSignal,
    operation?: TokenOperation,
  ): Promise<AwsCredentials> {
    const wanted = { who, what: ['aws', place.region, place.domain], signal, operation };
    return await this.#counted(wanted, (account, until) => awsIdentity(this.deps, account, place, until));
  }

  /** @throws Error that says what is missing, or what the cloud says */
  async azure(who: Who, scope: string, signal: AbortSignal, operation?: TokenOperation): Promise<string> {
    const wanted = { who, what: ['azure', scope], signal, operation };
    return await this.#counted(wanted, (account, until) => azureToken(this.deps, account, scope, until));
  }

  /** @throws Error that says what is missing, or what the cloud says */
  async gcp(who: Who, signal: AbortSignal, operation?: TokenOperation): Promise<string> {
    const wanted = { who, what: ['gcp'], signal, operation };
    return await this.#counted(wanted, (account, until) => gcpToken(this.deps, account, until));
  }

  /** A token of the ServiceAccount itself, for somebody who trusts this cluster. */
  async accountToken(who: NamespacedName, audience: string, signal: AbortSignal): Promise<string> {
    return await (await readCloudAccount(this.client, who, signal)).token(audience, signal);
  }

  /** Ends the use of a credential that somebody did not take, although its time is not over. */
  forget(credential: string): void {
    for (const [key, { answer }] of this.#held) {
      void answer.then(
        ({ value }) => value === credential && this.#held.delete(key),
        () => undefined,
      );
    }
  }

  /** What came of a request is counted once, however many turns it took. */
  async #counted<T>(wanted: Wanted, ask: Ask<T>): Promise<T> {
    try {
      const value = await this.#hold(wanted, ask);
      this.metrics.answered(true);
      return value;
    } catch (error) {
      this.metrics.answered(false);
      throw error;
    }
  }

  async #hold<T>(wanted: Wanted, ask: Ask<T>): Promise<T> {
    const { who, what, signal, operation = 'reconcile' } = wanted;
    const key = JSON.stringify([who ? formatName(who) : '', ...what]);
    const held = this.#held.get(key);
    if (held) {
      const known = (await held.answer.catch(() => undefined)) as Lasting<T> | undefined;
      if (known && this.deps.now() < this.#endOf(held, known)) {
        this.metrics.looked(true, operation);
        return known.value;
      }
      // Somebody else who waited has asked already.
      if (this.#held.has(key) && this.#held.get(key) !== held) return await this.#hold(wanted, ask);
    }
    this.metrics.looked(false, operation);
    const answer = this.#ask(who, signal, ask);
    this.#held.delete(key);
    this.#held.set(key, { answer, askedAt: this.deps.now() });
    answer.catch(() => this.#held.delete(key));
    this.#makeRoom();
    return (await answer).value;
  }

  #endOf({ askedAt }: Held, { until }: Lasting<unknown>): number {
    return Math.min(until - spareMs, askedAt + this.limits.maxDurationMs);
  }

  #makeRoom(): void {
    for (const old of this.#held.keys()) {
      if (this.#held.size <= this.limits.maxSize) break;
      this.#held.delete(old);
      // Without a cache there is nothing to make room in.
      if (this.limits.maxSize > 0) this.metrics.evicted();
    }
  }

  async #ask<T>(who: Who, signal: AbortSignal, ask: Ask<T>): Promise<Lasting<T>> {
    return await ask(who && (await readCloudAccount(this.client, who, signal)), signal);
  }
}
