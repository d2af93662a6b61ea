import { gateStates, type GateField } from '@flotilla/common/api/source-gate';
import type { ObjectCache } from '../../runtime/cache.js';
import type { MetricsRegistry } from '../../runtime/metrics-registry.js';

/** `flotilla_agent_gated_sources`: sources with a gate that matters, by what they do. Made at each scrape. */
export function createGateMetrics(
  registry: MetricsRegistry,
  kinds: ReadonlyArray<{ kind: string; objects: ObjectCache }>,
): void {
  registry.gauge({
    name: 'flotilla_agent_gated_sources',
    help: 'Sources that a pin, a freeze, a veto or the annotation fleet.flotilla.dev/gate matters to, by state.',
    labels: ['kind', 'state'],
    collect: (gauge) => {
      gauge.reset();
      for (const { kind, objects } of kinds) {
        const states = objects
          .list()
          .map(({ status }) => (status as { gate?: GateField } | undefined)?.gate?.state);
        for (const state of gateStates)
          gauge.set(states.filter((one) => one === state).length, { kind, state });
      }
    },
  });
}
