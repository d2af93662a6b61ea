import type { TypeRef } from '@flotilla/common/kube/object';
import type { ArtifactStore } from '../artifacts/artifact.js';
import type { TokenMetrics } from '../cloud/token-metrics.js';
import type { AgentConfig } from '../config/agent-flags.js';
import type { RunProgram } from '../exec/run-program.js';
import type { KubeClient } from '../kube/client.js';
import type { Clock } from '../runtime/clock.js';
import type { EventRecorder } from '../runtime/events.js';
import type { Logger } from '../runtime/logger.js';
import type { MetricsRegistry } from '../runtime/metrics-registry.js';
import type { RuntimeMetrics } from '../runtime/runtime-metrics.js';
import type { ObjectCache } from '../runtime/cache.js';
import type { Informer } from '../runtime/informer.js';
import type { ReconcileGuard } from '../runtime/reconcile.js';
import type { StandingIntentsCache } from '../hublink/standing/standing-cache.js';
import type { KustomizationDeps } from '../kustomization/deps.js';
import type { CheckedOutRef, CheckoutRefRequest } from '../sources/git/checkout-ref.js';
import type { Informers } from './informers.js';

/** The objects of a kind that this process reconciles: those of its selector, or of its shards. */
export type OwnObjects = Pick<Informer, keyof ObjectCache | 'observe'>;

/** What the agent gives to each of its kinds. */
export interface KindContext {
  config: AgentConfig;
  client: KubeClient;
  /** Each type is watched once, whoever asks for it. */
  informers: Informers;
  /** The objects that this process reconciles, unlike those that it only refers to. */
  objectsOf: (type: TypeRef) => OwnObjects;
  /** Lets a reconcile run only while no other process may work on its object; hand it to every controller. */
  guard?: ReconcileGuard | undefined;
  /** What the hub asks of the sources; undefined without a hub. */
  standing: StandingIntentsCache | undefined;
  /** `component` is the name of Flux's controller, which stands in the events. */
  recorderFor: (component: string) => EventRecorder;
  artifacts: ArtifactStore;
  run: RunProgram;
  clock: Clock;
  logger: Logger;
  metrics: RuntimeMetrics;
  /** Counts the tokens that all kinds keep. */
  tokenMetrics: TokenMetrics;
  /** For metrics of one kind. */
  registry: MetricsRegistry;
}

/** What is known of kinds that a plan of another ref needs. */
export interface PlanningParts {
  checkoutRef: (request: CheckoutRefRequest) => Promise<CheckedOutRef>;
  kustomizations: KustomizationDeps;
}

/** A kind at work. */
export interface RunningKind {
  /** Its part in the plans that the hub asks for. */
  planning?: Partial<PlanningParts>;
  start(): void;
  /** Takes no more work and waits for what runs; after `graceMs` that is aborted. */
  stop(graceMs: number): Promise<void>;
}

/** A kind that the agent reconciles. All kinds have this shape; `all-kinds.ts` lists them. */
export interface AgentKind {
  type: TypeRef;
  create(context: KindContext): Promise<RunningKind>;
}
