import type { Condition } from '@flotilla/common/kube/condition';
import type { KubeObject } from '@flotilla/common/kube/object';
import type { ObjectCache } from './cache.js';
import type { MetricsRegistry } from './metrics-registry.js';

const statuses = ['True', 'False', 'Unknown', 'Deleted'] as const;

/**
 * `gotk_reconcile_condition` and `gotk_suspend_status` of every object that this process reconciles, as Flux wrote them
 * until 2.1 (flux-compat 7): dashboards and alert rules still ask for them. Made at each scrape from what is watched,
 * so that they never lag behind, and end with their objects.
 */
export function createObjectMetrics(registry: MetricsRegistry, kinds: () => readonly ObjectCache[]): void {
  registry.gauge({
    name: 'gotk_reconcile_condition',
    help: 'The current condition of an object; 1 for the status that it has.',
    labels: ['kind', 'name', 'namespace', 'type', 'status'],
    collect: (gauge) => {
      gauge.reset();
      for (const object of kinds().flatMap((cache) => cache.list())) {
        const current = readyStatus(object);
        for (const status of statuses)
          gauge.set(status === current ? 1 : 0, { ...labelsOf(object), type: 'Ready', status });
      }
    },
  });
  registry.gauge({
    name: 'gotk_suspend_status',
    help: '1 while an object is suspended.',
    labels: ['kind', 'name', 'namespace'],
    collect: (gauge) => {
      gauge.reset();
      for (const object of kinds().flatMap((cache) => cache.list()))
        gauge.set(isSuspended(object) ? 1 : 0, labelsOf(object));
    },
  });
}

/** An object without the condition is Unknown, one that is about to go is Deleted. */
function readyStatus({ metadata, status }: KubeObject): (typeof statuses)[number] {
  if (metadata.deletionTimestamp) return 'Deleted';
  const { conditions } = (status ?? {}) as { conditions?: readonly Condition[] };
  return conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown';
}

function isSuspended({ spec }: KubeObject): boolean {
  return (spec as { suspend?: unknown } | undefined)?.suspend === true;
}

function labelsOf({ kind, metadata }: KubeObject): { kind: string; name: string; namespace: string } {
  return { kind, name: metadata.name, namespace: metadata.namespace ?? '' };
}
