// The shape of a scenario, and the sizes that it is run with.
import type { Measure } from './result.js';

export interface Sizes {
  /** Objects of the large Kustomization. */
  readonly objects: number;
  /** Kustomizations of the large fleet; an even number. */
  readonly fleet: number;
  /** Kustomizations of the small fleet. */
  readonly smallFleet: number;
  /** Edits whose correction is timed. */
  readonly edits: number;
  /** Agent processes that apply for the first time. */
  readonly processes: number;
  /** First applies of each of them, and of kubectl. */
  readonly rounds: number;
  /** spec.interval of the fleet, in seconds: a no-op round is as long. */
  readonly intervalSeconds: number;
  readonly limits: {
    /** Files of the repository. */
    readonly files: number;
    readonly buildMiB: number;
    /** Objects of one Kustomization. */
    readonly objects: number;
    readonly kustomizations: number;
  };
  readonly hub: HubSizes;
}

/** Of the fleet of simulated agents that a hub is measured with. */
export interface HubSizes {
  readonly agents: number;
  /** That each agent reports. */
  readonly objects: number;
  /** At the same time. */
  readonly rollouts: number;
  /** Rollouts one after the other. */
  readonly singles: number;
  /** Changes whose way to the API is timed. */
  readonly changes: number;
  /** How long it takes a cluster to become healthy at a revision. */
  readonly workMs: number;
}

export const fullSizes: Sizes = {
  objects: 1_000,
  fleet: 1_000,
  smallFleet: 100,
  edits: 60,
  processes: 2,
  rounds: 3,
  intervalSeconds: 60,
  limits: { files: 20_000, buildMiB: 50, objects: 5_000, kustomizations: 2_000 },
  hub: { agents: 1_000, objects: 50, rollouts: 100, singles: 5, changes: 300, workMs: 2_000 },
};

/** Enough to see that the harness works; the numbers say nothing about speed. */
export const quickSizes: Sizes = {
  objects: 30,
  fleet: 12,
  smallFleet: 6,
  edits: 4,
  processes: 1,
  rounds: 2,
  intervalSeconds: 4,
  limits: { files: 50, buildMiB: 1, objects: 60, kustomizations: 6 },
  hub: { agents: 20, objects: 8, rollouts: 3, singles: 1, changes: 5, workMs: 400 },
};

export interface ScenarioContext {
  readonly sizes: Sizes;
  /** Folder for CPU profiles of the agent. */
  readonly profiles: string | undefined;
  readonly progress: (text: string) => void;
}

/** Measures that belong together because they need the same cluster in the same state. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  run(context: ScenarioContext, report: (measures: readonly Measure[]) => void): Promise<void>;
}
