import type { TypeRef } from '@flotilla/common/kube/object';
import type { KubeClient } from '../kube/client.js';
import type { Clock } from '../runtime/clock.js';
import { createInformer, type Informer } from '../runtime/informer.js';
import type { Logger } from '../runtime/logger.js';

export interface InformersOptions {
  client: KubeClient;
  clock: Clock;
  logger: Logger;
  /** One namespace; default all. */
  namespace?: string;
}

interface Shared {
  informer: Informer;
  type: TypeRef;
}

/** The informers of one agent: one for each type and selector, shared by all who ask. */
export class Informers {
  readonly #shared = new Map<string, Shared>();
  readonly #options: InformersOptions;

  constructor(options: InformersOptions) {
    this.#options = options;
  }

  /** The informer of a type; made at the first call, started by `run`. */
  of(type: TypeRef, labelSelector?: string): Informer {
    const key = `${type.apiVersion}|${type.kind}|${labelSelector ?? ''}`;
    const found = this.#shared.get(key);
    if (found) return found.informer;
    const informer = createInformer({ ...this.#options, type, ...(labelSelector ? { labelSelector } : {}) });
    this.#shared.set(key, { informer, type });
    return informer;
  }

  /** Runs all of them until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#shared.values()].map(({ informer }) => informer.run(signal)));
  }

  /** Resolves when every first list is there. @throws the signal's reason */
  async waitForSync(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#shared.values()].map(({ informer }) => informer.waitForSync(signal)));
  }

  /** Why something is not there yet, for the readiness check; undefined when all is. */
  notSynced(): string | undefined {
    for (const { informer, type } of this.#shared.values()) {
      const status = informer.status();
      if (!status.synced)
        return `${type.kind} of ${type.apiVersion}: ${status.lastError ?? 'first list is under way'}`;
    }
    return undefined;
  }
}
