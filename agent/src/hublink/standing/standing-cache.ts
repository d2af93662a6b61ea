import type { KubeObject } from '@flotilla/common/kube/object';
import type { KubeReader, KubeWatcher } from '../../kube/client.js';
import { isApiError } from '../../kube/errors.js';
import type { CacheChange } from '../../runtime/cache.js';
import type { Clock } from '../../runtime/clock.js';
import { createInformer } from '../../runtime/informer.js';
import type { Logger } from '../../runtime/logger.js';
import { isNewer } from '../../runtime/object-store.js';
import type { IntentVerb } from '../intents/intent-policy.js';
import { changeBetween, isEdited, type StandingChange, type StandingState } from './standing-change.js';
import { allowedOf } from './standing-policy.js';
import {
  emptySet,
  isSameSource,
  type SourceName,
  type StandingFreeze,
  type StandingPin,
  type StandingVeto,
} from './standing-set.js';
import { loadSet, type StoredData } from './stored-set.js';

/** What stands for one source. */
export interface StandingOfSource {
  /** Why nothing is known, where that is so. */
  readonly unreadable?: string | undefined;
  readonly pin?: StandingPin | undefined;
  readonly freezes: readonly StandingFreeze[];
  /** Those of every address. */
  readonly vetoes: readonly StandingVeto[];
}

/** What the hub asks of the sources of this cluster, as the cluster keeps it. */
export interface StandingIntentsCache {
  of(source: SourceName): StandingOfSource;
  /** Told of every change that concerns a source. Returns a function that unsubscribes. */
  subscribe(handler: (change: StandingChange) => void): () => void;
}

export interface StandingCacheOptions {
  client: KubeReader & KubeWatcher;
  clock: Clock;
  logger: Logger;
  namespace: string;
  /** Of the ConfigMap. */
  name: string;
  /** --hub-intents: applied when something is asked, so that a new setting counts for what is kept already. */
  verbs: readonly IntentVerb[];
}

const notRead: StandingState = { readable: false, why: 'they have not been read yet' };
/** What is kept is not what the hub gave; what it gave still stands. */
const edited: StandingState = { readable: false, why: 'they were changed by hand' };

/** Follows the ConfigMap, whoever writes it: another shard, another replica, this process or a person. */
export class StandingCache implements StandingIntentsCache {
  readonly #options: StandingCacheOptions;
  readonly #handlers = new Set<(change: StandingChange) => void>();
  readonly #lostHandlers = new Set<() => void>();
  readonly #waiting: Array<() => void> = [];
  #object: KubeObject | undefined;
  #kept: StandingState = notRead;
  /** What stands: what is kept, or was before somebody changed it by hand. */
  #given: StandingState = notRead;
  #allowed: StandingState = notRead;
  #pins = new Map<string, StandingPin>();

  constructor(options: StandingCacheOptions) {
    this.#options = options;
  }

  /** What the cluster keeps, allowed or not; nothing where that is not what the hub gave. */
  get kept(): StandingState {
    return this.#kept;
  }

  of(source: SourceName): StandingOfSource {
    const state = this.#allowed;
    if (!state.readable) return { unreadable: state.why, freezes: [], vetoes: [] };
    const { freezes, vetoes } = state.set;
    return {
      pin: this.#pins.get(keyOf(source)),
      freezes: freezes.filter((freeze) => !freeze.source || isSameSource(freeze.source, source)),
      vetoes,
    };
  }

  subscribe(handler: (change: StandingChange) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Told when what was kept is gone or cannot be read any more: the hub has to be asked for it again. */
  onLost(handler: () => void): () => void {
    this.#lostHandlers.add(handler);
    return () => this.#lostHandlers.delete(handler);
  }

  /** Resolves when it is known what stands, or that it cannot be known. @throws the signal's reason */
  waitUntilRead(signal: AbortSignal): Promise<void> {
    if (this.#kept !== notRead) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error);
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
    });
  }

  /** Watches until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { client, clock, logger, namespace, name } = this.#options;
    const informer = createInformer({
      client,
      clock,
      logger,
      namespace,
      type: { apiVersion: 'v1', kind: 'ConfigMap' },
      fieldSelector: `metadata.name=${name}`,
      onFailure: (error) => this.#failed(error),
    });
    const stop = informer.subscribe((change) => this.#watched(change));
    const running = informer.run(signal);
    await informer.waitForSync(signal).then(
      () => {
        if (!informer.get({ namespace, name })) this.#becomes({ readable: true, set: emptySet });
      },
      () => undefined,
    );
    await running;
    stop();
  }

  /** Takes in what was just written, or found to be what the hub asks, before the watch tells of it. */
  observe(object: KubeObject): void {
    const isSame = this.#object?.metadata.resourceVersion === object.metadata.resourceVersion;
    if (this.#object && !isNewer(object, this.#object) && !(isSame && this.#kept === edited)) return;
    this.#object = object;
    this.#becomes(this.#stateOf(object));
  }

  #watched(change: CacheChange): void {
    if (change.type !== 'deleted') return this.#changed(change.object);
    if (this.#object && isNewer(this.#object, change.object)) return;
    this.#object = undefined;
    this.#becomes({ readable: true, set: emptySet });
  }

  /** Somebody has written it: another shard or replica, or a person, whose word does not count for the hub's. */
  #changed(object: KubeObject): void {
    if (this.#object && !isNewer(object, this.#object)) return;
    this.#object = object;
    const state = this.#stateOf(object);
    if (!isEdited(this.#given, state)) return this.#becomes(state);
    const { logger, namespace, name } = this.#options;
    const configMap = `${namespace}/${name}`;
    logger.error({ configMap }, 'the standing intents were changed by hand; those of the hub stand');
    this.#keeps(edited);
  }

  /** Where reading is forbidden nobody can know what stands. Other failures pass; until then the last truth counts. */
  #failed(error: unknown): void {
    const isForbidden = isApiError(error, 403) || isApiError(error, 401);
    if (this.#kept !== notRead || !isForbidden) return;
    const { logger, namespace, name } = this.#options;
    logger.error({ configMap: `${namespace}/${name}`, error }, 'the standing intents cannot be read');
    this.#becomes({ readable: false, why: `ConfigMap ${namespace}/${name}: ${error.message}` });
  }

  #stateOf(object: KubeObject): StandingState {
    try {
      return { readable: true, set: loadSet(object as StoredData) ?? emptySet };
    } catch (error) {
      const { logger, namespace, name } = this.#options;
      const remedy = 'delete it; the hub sends what stands again';
      logger.error(
        { configMap: `${namespace}/${name}`, error, remedy },
        'the standing intents are corrupt; no source that the hub may gate moves',
      );
      const why = `ConfigMap ${namespace}/${name} is corrupt (${(error as Error).message}); ${remedy}`;
      return { readable: false, why };
    }
  }

  #becomes(kept: StandingState): void {
    const before = this.#allowed;
    this.#given = kept;
    this.#allowed = kept.readable
      ? { readable: true, set: allowedOf(kept.set, this.#options.verbs).set }
      : kept;
    this.#pins = new Map(pinsOf(this.#allowed).map((pin) => [keyOf(pin.source), pin]));
    const change = changeBetween(before, this.#allowed);
    if (change) for (const handler of this.#handlers) handler(change);
    this.#keeps(kept);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #keeps(kept: StandingState): void {
    const before = this.#kept;
    this.#kept = kept;
    if (versionOf(before) > 0n && versionOf(kept) === 0n) for (const handler of this.#lostHandlers) handler();
  }
}

/** 0 where nothing is kept that can be read. */
export function versionOf(state: StandingState): bigint {
  return state.readable ? state.set.version : 0n;
}

function pinsOf(state: StandingState): readonly StandingPin[] {
  return state.readable ? state.set.pins : [];
}

function keyOf({ kind, namespace, name }: SourceName): string {
  return `${kind}/${namespace}/${name}`;
}
