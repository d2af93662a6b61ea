import type { MetricsRegistry } from '../runtime/metrics-registry.js';

/** What a token is for, as `operation` names it. */
export type TokenOperation = 'reconcile' | 'decrypt_with_aws' | 'decrypt_with_azure' | 'decrypt_with_gcp';

export interface TokenOwner {
  kind: string;
  name: string;
  namespace: string;
}

/** Counts what a cache of tokens does (flux-compat 7). */
export interface TokenMetrics {
  /** A token is wanted: it was there, or somebody has to be asked for it. */
  looked(found: boolean, operation: TokenOperation): void;
  /** The end of a request for a token: whoever wanted it has one, or an error. */
  answered(succeeded: boolean): void;
  /** A token that was still good had to make room. */
  evicted(): void;
  /** Counts the tokens of a cache at each scrape. */
  watch(size: () => number): void;
  /** The object is gone: its series end. */
  objectGone(owner: TokenOwner): void;
}

/** Where nobody scrapes. */
export const noTokenMetrics: TokenMetrics = {
  looked: () => undefined,
  answered: () => undefined,
  evicted: () => undefined,
  watch: () => undefined,
  objectGone: () => undefined,
};

/** `gotk_token_cache_*` over all caches of a process; `owner` is the object that is being reconciled. */
export function createTokenMetrics(
  registry: MetricsRegistry,
  owner: () => TokenOwner | undefined,
): TokenMetrics {
  const requests = registry.counter({
    name: 'gotk_token_cache_requests_total',
    help: 'Requests to the cache of tokens by outcome.',
    labels: ['status'],
  });
  const evictions = registry.counter({
    name: 'gotk_token_cache_evictions_total',
    help: 'Tokens that had to make room for others.',
  });
  const sizes: Array<() => number> = [];
  registry.gauge({
    name: 'gotk_token_cached_items',
    help: 'Tokens in the cache.',
    collect: (gauge) => gauge.set(sizes.reduce((sum, size) => sum + size(), 0)),
  });
  // A rate needs a first value.
  for (const status of ['success', 'failure']) requests.inc({ status }, 0);
  evictions.inc({}, 0);
  return {
    ...lookUps(registry, owner),
    answered: (succeeded) => requests.inc({ status: succeeded ? 'success' : 'failure' }),
    evicted: () => evictions.inc(),
    watch: (size) => void sizes.push(size),
  };
}

function lookUps(
  registry: MetricsRegistry,
  owner: () => TokenOwner | undefined,
): Pick<TokenMetrics, 'looked' | 'objectGone'> {
  const events = registry.counter({
    name: 'gotk_token_cache_events_total',
    help: 'Tokens that were in the cache, and tokens that were not, by the object that needed them.',
    labels: ['event_type', 'kind', 'name', 'namespace', 'operation'],
  });
  const told = new Map<string, Array<Readonly<Record<string, string>>>>();
  const keyOf = ({ kind, name, namespace }: TokenOwner): string => JSON.stringify([kind, namespace, name]);
  return {
    looked(found, operation) {
      const { kind, name, namespace } = owner() ?? {};
      if (kind === undefined || name === undefined || namespace === undefined) return;
      const labels = { event_type: found ? 'cache_hit' : 'cache_miss', kind, name, namespace, operation };
      events.inc(labels);
      const key = keyOf({ kind, name, namespace });
      const known = told.get(key) ?? [];
      const isKnown = known.some(
        (it) => it['event_type'] === labels.event_type && it['operation'] === operation,
      );
      if (!isKnown) told.set(key, [...known, labels]);
    },
    objectGone(gone) {
      for (const labels of told.get(keyOf(gone)) ?? []) events.remove(labels);
      told.delete(keyOf(gone));
    },
  };
}
