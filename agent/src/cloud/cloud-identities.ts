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

/** Who is meant: a ServiceAccount, or undefined for the agent itself. */
export type Who = NamespacedName | undefined;

interface Held {
  answer: Promise<Lasting<unknown>>;
  /** Milliseconds since the epoch. */
  askedAt: number;
}

/** What is about to end is not begun with. */
const spareMs = 5 * 60_000;

/** Credentials of clouds by workload identity, each asked for once and kept until shortly before its end. */
export class CloudIdentities {
  readonly #held = new Map<string, Held>();

  constructor(
    readonly deps: CloudDeps,
    readonly client: Pick<KubeReader, 'get'> & TokenIssuer,
    readonly limits: TokenCacheLimits = defaultTokenCacheLimits,
  ) {}

  /** @throws Error that says what is missing, or what the cloud says */
  async aws(who: Who, place: AwsPlace, signal: AbortSignal): Promise<AwsCredentials> {
    return await this.#hold(['aws', place.region, place.domain], who, signal, (account, until) =>
      awsIdentity(this.deps, account, place, until),
    );
  }

  /** @throws Error that says what is missing, or what the cloud says */
  async azure(who: Who, scope: string, signal: AbortSignal): Promise<string> {
    return await this.#hold(['azure', scope], who, signal, (account, until) =>
      azureToken(this.deps, account, scope, until),
    );
  }

  /** @throws Error that says what is missing, or what the cloud says */
  async gcp(who: Who, signal: AbortSignal): Promise<string> {
    return await this.#hold(['gcp'], who, signal, (account, until) => gcpToken(this.deps, account, until));
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

  async #hold<T>(
    what: readonly string[],
    who: Who,
    signal: AbortSignal,
    ask: (account: CloudAccount | undefined, signal: AbortSignal) => Promise<Lasting<T>>,
  ): Promise<T> {
    const key = JSON.stringify([who ? formatName(who) : '', ...what]);
    const held = this.#held.get(key);
    if (held) {
      const known = (await held.answer.catch(() => undefined)) as Lasting<T> | undefined;
      const end = Math.min((known?.until ?? 0) - spareMs, held.askedAt + this.limits.maxDurationMs);
      if (known && this.deps.now() < end) return known.value;
      // Somebody else who waited has asked already.
      if (this.#held.has(key) && this.#held.get(key) !== held)
        return await this.#hold(what, who, signal, ask);
    }
    const answer = this.#ask(who, signal, ask);
    this.#held.delete(key);
    this.#held.set(key, { answer, askedAt: this.deps.now() });
    answer.catch(() => this.#held.delete(key));
    for (const old of this.#held.keys()) {
      if (this.#held.size <= this.limits.maxSize) break;
      this.#held.delete(old);
    }
    return (await answer).value;
  }

  async #ask<T>(
    who: Who,
    signal: AbortSignal,
    ask: (account: CloudAccount | undefined, signal: AbortSignal) => Promise<Lasting<T>>,
  ): Promise<Lasting<T>> {
    return await ask(who && (await readCloudAccount(this.client, who, signal)), signal);
  }
}
