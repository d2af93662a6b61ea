import type { Clock } from '../runtime/clock.js';
import { exponentialBuckets, type MetricsRegistry } from '../runtime/metrics-registry.js';
import type { ChangeSet } from '../ssa/changeset.js';

/** What Kustomizations cost: builds that ran, builds that were spared, objects that were compared and sent. */
export interface KustomizationMetrics {
  /** A build starts; call what this returns when it has ended, well or badly. */
  building(): () => void;
  /** The result of an earlier build was used instead of a new one. */
  renderCacheHit(): void;
  /** Objects are compared and applied; call what this returns when that has ended. */
  applying(): (changes?: ChangeSet) => void;
}

/** Metrics of the agent's own, beside those that Flux has (flux-compat 7). */
export function createKustomizationMetrics(
  registry: MetricsRegistry,
  clock: Pick<Clock, 'monotonic'>,
): KustomizationMetrics {
  const buckets = exponentialBuckets(0.005, 300, 10);
  const builds = registry.histogram({
    name: 'flotilla_agent_build_seconds',
    help: 'Time of a build, in the agent or by kustomize; the count is the number of builds.',
    buckets,
  });
  const hits = registry.counter({
    name: 'flotilla_agent_render_cache_hits_total',
    help: 'Builds that were spared, because the same inputs had been built before.',
  });
  const applies = registry.histogram({
    name: 'flotilla_agent_apply_seconds',
    help: 'Time to compare the objects of a Kustomization with the cluster and to apply those that differ.',
    buckets,
  });
  const objects = registry.counter({
    name: 'flotilla_agent_applied_objects_total',
    help: 'Objects of Kustomizations by what an apply did to them.',
    labels: ['action'],
  });
  const secondsSince = (startedAt: number): number => (clock.monotonic() - startedAt) / 1000;
  return {
    building() {
      const startedAt = clock.monotonic();
      return () => builds.observe(secondsSince(startedAt));
    },
    renderCacheHit: () => hits.inc(),
    applying() {
      const startedAt = clock.monotonic();
      return (changes) => {
        applies.observe(secondsSince(startedAt));
        for (const { action } of changes?.entries ?? []) objects.inc({ action });
      };
    },
  };
}
