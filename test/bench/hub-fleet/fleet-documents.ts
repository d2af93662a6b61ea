// Environments that split the simulated fleet, and pipelines that roll one source out to all of them at once.
import { sourceName } from '../agents/reported-objects.js';

export type FleetDocument = Readonly<Record<string, unknown>>;

/** Clusters of a rollout, where there are that many. */
const clustersOfRollout = 100;

/** How the agents are spread: one rollout for each environment and source. */
export interface FleetShape {
  readonly environments: readonly string[];
  readonly sources: readonly string[];
}

export function fleetShape(agents: number, rollouts: number): FleetShape {
  const environments = Math.max(1, Math.round(agents / clustersOfRollout));
  const sources = Math.max(1, Math.ceil(rollouts / environments));
  return {
    environments: Array.from({ length: environments }, (_, index) => `env-${index}`),
    sources: Array.from({ length: sources }, (_, index) => sourceName(index)),
  };
}

export function environmentDocument(name: string): FleetDocument {
  return document('Environment', name, { selector: { matchLabels: { env: name } } });
}

/** Every release of the source begins a rollout of three waves in each of the environments, side by side. */
export function pipelineDocument(
  name: string,
  source: string,
  environments: readonly string[],
): FleetDocument {
  const rollout = {
    waves: [{ name: 'canary', size: '5%' }, { name: 'early', size: '25%' }, { name: 'everyone' }],
    // An agent that is slow to come back to a hub that was killed must not be passed by: waves would mean nothing.
    membership: { offlineAfter: '10m' },
  };
  return document('Pipeline', name, {
    sources: [{ name: source }],
    releases: { automatic: false },
    environments: environments.map((environment) => ({ name: environment, after: [], rollout })),
  });
}

function document(kind: string, name: string, spec: object): FleetDocument {
  return { apiVersion: 'flotilla.dev/v1alpha1', kind, metadata: { name }, spec };
}
