import type { Condition } from '@flotilla/common/kube/condition';
import type { ObservedGate } from './gate.js';
import { gateHold } from './gate.js';

export const syncStates = ['Synced', 'OutOfSync', 'Progressing', 'Failed', 'Unknown'] as const;
export const healthStates = ['Healthy', 'Progressing', 'Unhealthy', 'Suspended', 'Unknown'] as const;
export const intentStates = ['Following', 'Deferred', 'Held', 'Frozen', 'Suspended'] as const;

/** Which revision an object has reached, compared to the one it should have. */
export type Sync = (typeof syncStates)[number];
/** Whether what the object stands for works. */
export type Health = (typeof healthStates)[number];
/**
 * What the object has been told to do: to follow, to stay (a gate, a pin or a veto; a freeze), or nothing at all.
 * Deferred is not seen in the object: the hub has told it to move, and its cluster is away.
 */
export type Intent = (typeof intentStates)[number];

/** What the axes of one object are decided from; a part of what an agent reports. */
export interface ObservedState {
  readonly kind: string;
  readonly generation: number;
  /** -1 while no controller has finished with the object. */
  readonly observedGeneration: number;
  readonly suspended: boolean;
  readonly conditions: readonly Condition[];
  readonly revision: string;
  readonly attemptedRevision: string;
  /** Sources whose gate has a part in it. */
  readonly gate: ObservedGate | null;
}

/** The axes that an object's own state decides; they do not change with time. */
export interface ObjectAxes {
  readonly sync: Sync;
  readonly health: Health;
  readonly intent: Intent;
}

/** Ready False with one of these is a wait that ends by itself (flux-compat 3.2, 3.8). */
const waitingReasons: ReadonlySet<string> = new Set([
  'DependencyNotReady',
  'HealthCheckCanceled',
  'Progressing',
]);

type Outcome = 'ready' | 'progressing' | 'failed' | 'unknown';

/** Decides sync, health and intent of one object from what its conditions say (flux-compat 1.1). */
export function axesOf(state: ObservedState): ObjectAxes {
  const outcome = outcomeOf(state);
  return {
    sync: syncFrom(outcome, state),
    health: state.suspended ? 'Suspended' : healthFrom(outcome, state),
    intent: state.suspended ? 'Suspended' : (gateHold(state.gate) ?? 'Following'),
  };
}

/** An object that is applied, but whose source has moved on, is not in sync any more. */
export function syncWithSource(sync: Sync, revision: string, sourceRevision: string | null): Sync {
  const moved =
    revision !== '' && sourceRevision !== null && sourceRevision !== '' && sourceRevision !== revision;
  return sync === 'Synced' && moved ? 'OutOfSync' : sync;
}

/** The condition that tells people how the object is: Ready, or what stalled it before it had one. */
export function headline(conditions: readonly Condition[]): {
  readonly reason: string;
  readonly message: string;
} {
  const condition = find(conditions, 'Ready') ?? find(conditions, 'Stalled');
  return { reason: condition?.reason ?? '', message: condition?.message ?? '' };
}

function outcomeOf(state: ObservedState): Outcome {
  const ready = find(state.conditions, 'Ready');
  const stalled = isTrue(find(state.conditions, 'Stalled'));
  if (ready === undefined) return stalled ? 'failed' : 'unknown';
  if (!isSeen(state)) return 'progressing';
  if (stalled) return 'failed';
  const reconciling = find(state.conditions, 'Reconciling');
  const working = isTrue(reconciling) && reconciling?.reason !== 'ProgressingWithRetry' && !state.suspended;
  if (ready.status === 'True') return working ? 'progressing' : 'ready';
  if (ready.status === 'False') return working || waitingReasons.has(ready.reason) ? 'progressing' : 'failed';
  return isTrue(reconciling) || ready.reason === 'Progressing' ? 'progressing' : 'unknown';
}

/**
 * Whether a controller has judged the present spec. A failed attempt does not move status.observedGeneration,
 * but its condition carries the generation. Suspending an object makes a generation that nobody observes.
 */
function isSeen(state: ObservedState): boolean {
  if (state.suspended) return true;
  const judged = state.conditions
    .filter(
      ({ type, status }) =>
        (type === 'Ready' && status !== 'Unknown') || (type === 'Stalled' && status === 'True'),
    )
    .map((condition) => condition.observedGeneration ?? -1);
  return Math.max(state.observedGeneration, ...judged) >= state.generation;
}

function syncFrom(outcome: Outcome, state: ObservedState): Sync {
  if (outcome === 'progressing') return 'Progressing';
  if (outcome === 'failed') return 'Failed';
  if (outcome === 'unknown') return 'Unknown';
  if (state.kind === 'Kustomization' && state.revision === '') return 'Unknown';
  const attemptDiffers = state.attemptedRevision !== '' && state.attemptedRevision !== state.revision;
  return attemptDiffers ? 'OutOfSync' : 'Synced';
}

function healthFrom(outcome: Outcome, state: ObservedState): Health {
  const healthy = find(state.conditions, 'Healthy');
  if (outcome === 'failed' || healthy?.status === 'False') return 'Unhealthy';
  if (outcome === 'unknown') return 'Unknown';
  if (outcome === 'ready') return healthy?.status === 'Unknown' ? 'Progressing' : 'Healthy';
  return 'Progressing';
}

function find(conditions: readonly Condition[], type: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

function isTrue(condition: Condition | undefined): boolean {
  return condition?.status === 'True';
}
