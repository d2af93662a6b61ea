import type { KubeClient } from '@flotilla/agent/kube/client';
import { computeStatus } from '@flotilla/common/kstatus/compute-status';
import { conditionOf, fieldAt, textAt } from '@flotilla/common/kstatus/fields';
import type { KubeObject, ObjectRef } from '@flotilla/common/kube/object';
import { formatRef } from '@flotilla/common/kube/object';
import { formatDuration } from '@flotilla/common/duration/duration';
import { CliError, exitCodes, failure } from '../errors/cli-error.js';
import { sleep } from '../sleep.js';
import { action, success, waiting } from '../output/progress.js';
import type { Runtime } from '../runtime.js';
import type { FluxKind } from './kinds.js';
import { fluxKinds } from './kinds.js';
import { missing } from './list-objects.js';

export const requestedAt = 'reconcile.fluxcd.io/requestedAt';
/** As the Flux command is known to the API server. */
export const fieldManager = 'flux';

export interface ReconcileOptions {
  readonly namespace: string;
  readonly name: string;
  readonly withSource: boolean;
  /** False: ask, and do not wait for the outcome. */
  readonly wait: boolean;
  readonly timeoutMs: number;
}

/** Asks for a reconcile and waits for its outcome (flux-compat 9.2). @throws CliError */
export async function reconcileObject(
  runtime: Runtime,
  client: KubeClient,
  kind: FluxKind,
  options: ReconcileOptions,
): Promise<void> {
  const { namespace, name } = options;
  const object = await readObject(runtime, client, kind, options);
  refuseSuspended(object);
  if (options.withSource) await reconcileSource(runtime, client, kind, object, options);
  action(runtime, `annotating ${kind.kind} ${name} in ${namespace} namespace`);
  const requested = runtime.now().toISOString();
  const patch = { metadata: { annotations: { [requestedAt]: requested } } };
  await client.patch(
    refOf(kind, options),
    { type: 'merge', body: patch },
    { fieldManager, signal: runtime.signal },
  );
  success(runtime, `${kind.kind} annotated`);
  if (!options.wait) return;
  await waitForOutcome(runtime, client, kind, options, (found) => hasHandled(found, requested));
}

/** Whether a request has been handled, or a later one of somebody else, which has taken its place. */
export function hasHandled(object: KubeObject, requested: string): boolean {
  const handled = textAt(object, 'status', 'lastHandledReconcileAt');
  const asked = object.metadata.annotations?.[requestedAt];
  return handled === requested || (asked !== undefined && asked !== requested && handled === asked);
}

async function reconcileSource(
  runtime: Runtime,
  client: KubeClient,
  kind: FluxKind,
  object: KubeObject,
  options: ReconcileOptions,
): Promise<void> {
  const source = kind.sourceOf?.(object);
  const sourceKind = fluxKinds.find((candidate) => candidate.kind === source?.kind);
  if (!source || !sourceKind)
    throw failure(
      `${formatRef({ kind: kind.kind, ...options })}: its source ${source?.kind ?? ''} cannot be reconciled by this version`,
      'reconcile it without --with-source',
    );
  await reconcileObject(runtime, client, sourceKind, {
    ...options,
    name: source.name,
    namespace: source.namespace ?? options.namespace,
    withSource: false,
    wait: true,
  });
}

export async function readObject(
  runtime: Runtime,
  client: KubeClient,
  kind: FluxKind,
  target: { readonly namespace: string; readonly name: string },
): Promise<KubeObject> {
  const object = await client.get(refOf(kind, target), { signal: runtime.signal });
  if (!object) throw missing(kind, target.name, target.namespace);
  return object;
}

export function refOf(
  kind: FluxKind,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): ObjectRef {
  return { apiVersion: kind.apiVersion, kind: kind.kind, namespace, name };
}

function refuseSuspended(object: KubeObject): void {
  if (fieldAt(object, 'spec', 'suspend') !== true) return;
  throw failure(
    `${formatRef({ kind: object.kind, ...namesOf(object) })}: resource is suspended`,
    'resume it first: flotilla resume',
  );
}

function namesOf({ metadata }: KubeObject): { namespace: string; name: string } {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}

const firstPauseMs = 200;
const longestPauseMs = 1_000;

/** Waits until the object is reconciled, and says what came of it. @throws CliError when it failed or took too long */
export async function waitForOutcome(
  runtime: Runtime,
  client: KubeClient,
  kind: FluxKind,
  target: { readonly namespace: string; readonly name: string; readonly timeoutMs: number },
  isHandled: (object: KubeObject) => boolean,
): Promise<void> {
  waiting(runtime, `waiting for ${kind.kind} reconciliation`);
  const deadline = performance.now() + target.timeoutMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
    const object = await readObject(runtime, client, kind, target);
    const outcome = isHandled(object) ? outcomeOf(object, runtime.now()) : 'open';
    if (outcome === 'done') return success(runtime, `${kind.outcome} ${kind.revisionOf(object)}`);
    const ready = conditionOf(object, 'Ready');
    if (outcome === 'failed')
      throw failure(
        `${kind.kind} ${target.name} reconciliation failed: ${ready?.message ?? 'no reason was given'}`,
      );
    runtime.signal.throwIfAborted();
    if (performance.now() >= deadline) throw tooLate(kind, target, ready?.message);
    await sleep(Math.min(pauseMs, Math.max(1, deadline - performance.now())), runtime.signal);
    runtime.signal.throwIfAborted();
  }
}

/**
 * What came of a handled request: done when the object is current (flux-compat 9.2). A finished attempt that failed is
 * told at once, although the controller will try again; waiting for a dependency is no outcome yet.
 */
export function outcomeOf(object: KubeObject, now: Date): 'open' | 'done' | 'failed' {
  const { status } = computeStatus(object, now);
  const ready = conditionOf(object, 'Ready');
  if (status === 'Current') return ready?.status === 'True' ? 'done' : 'failed';
  if (status === 'Failed') return 'failed';
  return ready?.status === 'False' && ready.reason !== 'DependencyNotReady' ? 'failed' : 'open';
}

function tooLate(
  kind: FluxKind,
  target: { readonly name: string; readonly namespace: string; readonly timeoutMs: number },
  message: string | undefined,
): CliError {
  const last = message ? `; it says: ${message}` : '; no controller has reported on it';
  return new CliError(
    exitCodes.timedOut,
    `${formatRef({ kind: kind.kind, namespace: target.namespace, name: target.name })}: not reconciled within ${formatDuration(target.timeoutMs)}${last}`,
    {
      remedy: 'wait longer with --timeout, or look at "flotilla check" for a controller that is not running',
    },
  );
}
