import type { ObjectCache } from '../runtime/cache.js';
import type { MetricsRegistry } from '../runtime/metrics-registry.js';
import type { OwnedShards } from './owned-shards.js';

/** What this replica has taken on: its shards, and the objects in them by kind. Read at each scrape. */
export function createShardMetrics(
  registry: MetricsRegistry,
  owned: OwnedShards,
  kinds: () => ReadonlyArray<readonly [kind: string, objects: ObjectCache]>,
): void {
  registry.gauge({
    name: 'flotilla_agent_shard_owned',
    help: '1 while this replica works on the shard.',
    labels: ['shard'],
    collect: (gauge) => {
      for (const shard of owned.all) gauge.set(owned.open.has(shard) ? 1 : 0, { shard: String(shard) });
    },
  });
  registry.gauge({
    name: 'flotilla_agent_owned_objects',
    help: 'Objects that this replica reconciles.',
    labels: ['kind'],
    collect: (gauge) => {
      for (const [kind, objects] of kinds()) {
        const mine = objects
          .list()
          .filter(({ metadata: { namespace = '', name } }) => owned.owns({ namespace, name }));
        gauge.set(mine.length, { kind });
      }
    },
  });
}
