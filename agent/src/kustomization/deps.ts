import type { KustomizationStatus } from '@flotilla/common/api/kustomization';
import type { KubeObject } from '@flotilla/common/kube/object';
import type { ArtifactStore } from '../artifacts/artifact.js';
import type { CloudIdentities } from '../cloud/cloud-identities.js';
import type { KubeClient } from '../kube/client.js';
import type { ObjectCache } from '../runtime/cache.js';
import type { Clock } from '../runtime/clock.js';
import type { EventRecorder } from '../runtime/events.js';
import type { Logger } from '../runtime/logger.js';
import type { OwnedObjectWatch } from '../ssa/drift/owned-object-watch.js';
import type { ApplyEngine } from '../ssa/engine.js';
import type { Builder } from './build/builder.js';
import type { KustomizationMetrics } from './metrics.js';
import type { KustomizationOptions } from './options.js';
import type { RemoteClusters } from './remote/remote-clusters.js';
import type { SourceKind } from './source-ref.js';
import type { ApplyJournal } from './state/apply-journal.js';
import type { CorrectionPace } from './state/correction-pace.js';
import type { HealthyVersions } from './state/healthy-versions.js';
import type { LatestObjects } from './state/latest-object.js';
import type { NewTriggers } from './state/new-triggers.js';
import type { SettledStates } from './state/settled-states.js';
import type { Suspects } from './state/suspects.js';

export interface KustomizationCaches {
  kustomizations: ObjectCache;
  /** Source kinds that are watched; the others are read from the server. */
  sources: Readonly<Partial<Record<SourceKind, ObjectCache>>>;
  /** ConfigMaps and Secrets with the label of --watch-configs-label-selector, with their data. */
  configs?: Readonly<Partial<Record<'ConfigMap' | 'Secret', ObjectCache>>>;
}

/** Writes the status of an object; returns the server's answer, or undefined when the object is gone. */
export type WriteStatus = (
  object: KubeObject,
  status: KustomizationStatus,
  signal: AbortSignal,
) => Promise<KubeObject | undefined>;

/** Fetches an artifact that the own store does not hold. */
export type FetchArtifact = (url: string, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;

/** Tells which applied objects may have drifted since they were seen last. */
export type DriftWatch = Pick<
  OwnedObjectWatch,
  'hold' | 'expect' | 'restore' | 'update' | 'release' | 'settled' | 'untouched' | 'versions' | 'forget'
>;

/** Everything that the reconciler needs; made once by createKustomizationController. */
export interface KustomizationDeps {
  client: KubeClient;
  caches: KustomizationCaches;
  latest: LatestObjects;
  events: EventRecorder;
  artifacts: ArtifactStore;
  fetchArtifact: FetchArtifact;
  /** Clusters of spec.kubeConfig. */
  clusters: RemoteClusters;
  /** An engine that acts as the client's identity. */
  engineFor: (client: KubeClient) => ApplyEngine;
  builder: Builder;
  /** Workload identity; without it there is none. */
  identities?: CloudIdentities;
  /** Default: nothing is counted. */
  counts?: KustomizationMetrics;
  drift: DriftWatch;
  suspects: Suspects;
  pace: CorrectionPace;
  healthy: HealthyVersions;
  newTriggers: NewTriggers;
  settled: SettledStates;
  journal: ApplyJournal;
  writeStatus: WriteStatus;
  clock: Clock;
  /** 0 <= x < 1. */
  random: () => number;
  logger: Logger;
  options: KustomizationOptions;
}
