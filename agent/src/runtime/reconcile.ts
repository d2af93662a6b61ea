import type { NamespacedName } from '@flotilla/common/kube/object';

/**
 * Brings one object to its desired state. Level-triggered: it is told which object, never what happened, and
 * reads the state of the world itself. Calls for the same object never overlap.
 *
 * A thrown error is retried with exponential back-off; a TerminalError is not retried until the object changes.
 */
export type Reconcile = (name: NamespacedName, signal: AbortSignal) => Promise<ReconcileResult>;

export interface ReconcileResult {
  /** Come back after this time; absent = only when something changes. */
  requeueAfterMs?: number;
  /** Come back at once, with back-off. */
  requeue?: boolean;
}

/** Stands around every reconcile of a controller and decides whether it runs. */
export type ReconcileGuard = (
  name: NamespacedName,
  signal: AbortSignal,
  reconcile: Reconcile,
) => Promise<ReconcileResult>;

/** Retrying cannot help: the object itself has to change. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}
