import type { KubeObject } from '@flotilla/common/kube/object';
import type { StandingIntents, StandingIntentsAck } from '@flotilla/proto/flotilla/v1/standing';
import { Mutex } from '../../artifacts/mutex.js';
import { isApiError } from '../../kube/errors.js';
import { sleep, type Clock } from '../../runtime/clock.js';
import type { Logger } from '../../runtime/logger.js';
import type { IntentVerb } from '../intents/intent-policy.js';
import { BackOff } from '../session/back-off.js';
import { versionOf, type StandingCache } from './standing-cache.js';
import { allowedOf } from './standing-policy.js';
import type { StandingRecord } from './standing-record.js';
import { readIntents, type ReadIntents, type StandingSet } from './standing-set.js';
import { SetTooLargeError } from './stored-set.js';

export interface StandingDeskOptions {
  record: Pick<StandingRecord, 'keep'>;
  cache: Pick<StandingCache, 'kept' | 'observe' | 'onLost'>;
  /** --hub-intents. */
  verbs: readonly IntentVerb[];
  clock: Clock;
  logger: Logger;
}

export interface Delivery {
  intents: StandingIntents;
  /** The identity that the session was opened with. */
  cluster: string;
  /** Aborted when the session ends. */
  signal: AbortSignal;
  acknowledge: (ack: StandingIntentsAck) => void;
}

/** Takes what the hub sends into the cluster, and only then says that it has it. One for all sessions of a process. */
export class StandingDesk {
  readonly #options: StandingDeskOptions;
  readonly #oneByOne = new Mutex();

  constructor(options: StandingDeskOptions) {
    this.#options = options;
  }

  /** What Hello says. A hub that did not give this version, because it is another one, gives a higher one. */
  get version(): bigint {
    return versionOf(this.#options.cache.kept);
  }

  /** What is told again at the start of a session: the owner may have changed --hub-intents since. */
  standingAck(cluster: string): StandingIntentsAck | undefined {
    const set = this.#keptFor(cluster);
    return set && { version: set.version, refusal: allowedOf(set, this.#options.verbs).refusal };
  }

  /** Told when what was kept is lost, so that the hub has to be asked again. */
  onLost(handler: () => void): () => void {
    return this.#options.cache.onLost(handler);
  }

  /** Keeps the set and acknowledges it. Tries until the session ends. Never throws. */
  take(delivery: Delivery): void {
    const read = readIntents(delivery.intents, delivery.cluster);
    void this.#oneByOne.run(() => this.#keep(read, delivery)).catch(() => undefined);
  }

  async #keep(read: ReadIntents, { signal, acknowledge }: Delivery): Promise<void> {
    const { clock, record } = this.#options;
    const { version } = read.set;
    const backOff = new BackOff({ firstMs: 500, maxMs: 15_000, random: Math.random });
    while (!signal.aborted) {
      try {
        const { isOlder, object } = await record.keep(read.set, signal);
        this.#kept(object, read, isOlder);
        if (!isOlder) acknowledge({ version, refusal: this.#refusalOf(read) });
        return;
      } catch (error) {
        if (signal.aborted) return;
        const refusal = this.#failed(error);
        if (refusal) acknowledge({ version, refusal });
        if (error instanceof SetTooLargeError) return;
      }
      await sleep(clock, backOff.nextMs(), signal).catch(() => undefined);
    }
  }

  #kept(object: KubeObject, { set }: ReadIntents, isOlder: boolean): void {
    const { cache, logger } = this.#options;
    cache.observe(object);
    const fields = {
      version: set.version.toString(),
      pins: set.pins.length,
      freezes: set.freezes.length,
      vetoes: set.vetoes.length,
    };
    if (isOlder)
      logger.info(fields, 'standing intents of the hub are older than those that are kept; ignored');
    else logger.info(fields, 'standing intents of the hub are kept');
  }

  /** What the hub is told of a failure; undefined when it only has to wait. */
  #failed(error: unknown): string | undefined {
    this.#options.logger.error(
      { error },
      'cannot keep the standing intents of the hub; the former ones stand',
    );
    if (error instanceof SetTooLargeError) return `too much to keep: ${error.message}; the former set stands`;
    if (isApiError(error, 403))
      return `the agent may not write its ConfigMap (${error.message}); the former set stands`;
    return undefined;
  }

  #refusalOf({ set, problems }: ReadIntents): string {
    const { refusal } = allowedOf(set, this.#options.verbs);
    return [refusal, ...problems].filter((text) => text !== '').join('; ');
  }

  #keptFor(cluster: string): StandingSet | undefined {
    const { kept } = this.#options.cache;
    return kept.readable && kept.set.version > 0n && kept.set.cluster === cluster ? kept.set : undefined;
  }
}
