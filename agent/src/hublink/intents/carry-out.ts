import { formatRef, type KubeObject, type ObjectRef } from '@flotilla/common/kube/object';
import type { Condition } from '@flotilla/common/kube/condition';
import type { KubeReader, KubeWriter } from '../../kube/client.js';
import { sleep, type Clock } from '../../runtime/clock.js';
import type { ActionVerb } from './intent-policy.js';

const fieldManager = 'flotilla-agent';
const requestedAt = 'reconcile.fluxcd.io/requestedAt';
const pollMs = 250;

/** A final outcome. Refused: the object's own state forbids it. */
export interface Outcome {
  state: 'succeeded' | 'failed' | 'refused';
  message: string;
}

export interface CarryOutOptions {
  client: Pick<KubeReader & KubeWriter, 'get' | 'patch'>;
  clock: Clock;
  /** Aborted when the intent expires or the agent stops. */
  signal: AbortSignal;
}

interface Reconciled extends KubeObject {
  spec?: { suspend?: boolean; sourceRef?: { kind: string; name: string; namespace?: string } };
  status?: {
    lastHandledReconcileAt?: string;
    conditions?: Condition[];
    lastAppliedRevision?: string;
    artifact?: { revision?: string };
  };
}

/** Does what an admitted intent asks, through the cluster's own API, as `flux reconcile` and friends do (flux-compat 9.2). */
export async function carryOut(
  request: { verb: ActionVerb; object: ObjectRef; withSource: boolean },
  options: CarryOutOptions,
): Promise<Outcome> {
  const found = (await options.client.get(request.object, { signal: options.signal })) as
    | Reconciled
    | undefined;
  if (!found)
    return { state: 'failed', message: `${formatRef(request.object)} does not exist on this cluster` };
  switch (request.verb) {
    case 'suspend':
      return setSuspended(request.object, true, options);
    case 'resume':
      return setSuspended(request.object, false, options);
    case 'reconcile':
      return reconcileWithSource(request.object, found, request.withSource, options);
  }
}

async function setSuspended(object: ObjectRef, suspend: boolean, options: CarryOutOptions): Promise<Outcome> {
  const body = { spec: { suspend } };
  await options.client.patch(object, { type: 'merge', body }, { fieldManager, signal: options.signal });
  return { state: 'succeeded', message: `${formatRef(object)} ${suspend ? 'suspended' : 'resumed'}` };
}

async function reconcileWithSource(
  object: ObjectRef,
  found: Reconciled,
  withSource: boolean,
  options: CarryOutOptions,
): Promise<Outcome> {
  if (found.spec?.suspend) return suspendedOutcome(object);
  const source = withSource ? sourceOf(found) : undefined;
  if (source) {
    const sourceObject = (await options.client.get(source, { signal: options.signal })) as
      | Reconciled
      | undefined;
    if (!sourceObject) return { state: 'failed', message: `its source ${formatRef(source)} does not exist` };
    if (sourceObject.spec?.suspend) return suspendedOutcome(source);
    const outcome = await requestReconcile(source, options);
    if (outcome.state !== 'succeeded') return outcome;
  }
  return requestReconcile(object, options);
}

function suspendedOutcome(object: ObjectRef): Outcome {
  return { state: 'refused', message: `${formatRef(object)} is suspended; resume it first` };
}

/** The source API is v1 for every kind but is asked for by group, so a bare name is enough. */
function sourceOf(object: Reconciled): ObjectRef | undefined {
  const source = object.spec?.sourceRef;
  if (!source) return undefined;
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: source.kind,
    namespace: source.namespace ?? object.metadata.namespace,
    name: source.name,
  };
}

/** Annotates the object and waits until a reconcile has handled exactly this request (flux-compat 1.2). */
async function requestReconcile(object: ObjectRef, options: CarryOutOptions): Promise<Outcome> {
  const { client, clock, signal } = options;
  const value = new Date(clock.now()).toISOString();
  await client.patch(
    object,
    { type: 'merge', body: { metadata: { annotations: { [requestedAt]: value } } } },
    { fieldManager, signal },
  );
  for (;;) {
    const current = (await client.get(object, { signal })) as Reconciled | undefined;
    if (!current) return { state: 'failed', message: `${formatRef(object)} was deleted meanwhile` };
    const outcome = handledOutcome(object, current, value);
    if (outcome) return outcome;
    await sleep(clock, pollMs, signal);
  }
}

/** The outcome once the request was handled and the reconcile has come to an end. */
function handledOutcome(object: ObjectRef, current: Reconciled, value: string): Outcome | undefined {
  const status = current.status;
  if (status?.lastHandledReconcileAt !== value) return undefined;
  const ready = status.conditions?.find((condition) => condition.type === 'Ready');
  if (!ready || ready.status === 'Unknown') return undefined;
  if (ready.status === 'False') return { state: 'failed', message: `${formatRef(object)}: ${ready.message}` };
  const revision = status.lastAppliedRevision ?? status.artifact?.revision;
  return { state: 'succeeded', message: revision ? `${formatRef(object)} is at ${revision}` : ready.message };
}
