import type { ArtifactStore } from './artifacts/artifact.js';
import type { AgentConfig } from './config/agent-flags.js';
import type { HubMembership } from './hub-membership.js';
import type { KubeClient } from './kube/client.js';
import type { Clock } from './runtime/clock.js';
import type { EventRecorders } from './runtime/event-recorder.js';
import type { Logger } from './runtime/logger.js';
import type { MetricsRegistry } from './runtime/metrics-registry.js';
import type { RuntimeMetrics } from './runtime/runtime-metrics.js';
import type { OwnedShards } from './sharding/owned-shards.js';

/** What one agent process is made of; composed once. */
export interface Parts {
  config: AgentConfig;
  /** Name of this process for people. */
  instance: string;
  client: KubeClient;
  clock: Clock;
  logger: Logger;
  metrics: RuntimeMetrics;
  registry: MetricsRegistry;
  artifacts: ArtifactStore;
  recorders: EventRecorders;
  membership: HubMembership | undefined;
  readiness: Readiness;
  storage: StorageUse;
  /** Where --shards splits the objects over the replicas. */
  split: Split | undefined;
}

/** The split of the objects over replicas. */
export interface Split {
  owned: OwnedShards;
  /** Renewals must not wait behind the requests of reconciles. */
  client: KubeClient;
}

/** Whose artifacts the storage has. */
export interface StorageUse {
  /** False until this process works on sources. */
  isServed: boolean;
}

/** What /readyz says; the parts write it as they come up. */
export interface Readiness {
  check: () => string | undefined;
}
