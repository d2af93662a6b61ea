import type { KubeClient } from '@flotilla/agent/kube/client';
import { fieldAt, numberAt, textAt } from '@flotilla/common/kstatus/fields';
import type { KubeObject } from '@flotilla/common/kube/object';
import { notFound, usageError } from '../errors/cli-error.js';
import { action, failed, success } from '../output/progress.js';
import type { Runtime } from '../runtime.js';
import type { FluxKind } from './kinds.js';
import { inNamespace, listObjects } from './list-objects.js';
import { fieldManager, readObject, refOf, waitForOutcome } from './reconcile-object.js';

export interface SuspendOptions {
  readonly namespace: string;
  readonly names: readonly string[];
  readonly all: boolean;
}

export interface ResumeOptions extends SuspendOptions {
  /** `all`: resume everything, then wait for all; `each`: one after the other; `none`: do not wait. */
  readonly wait: 'all' | 'each' | 'none';
  readonly timeoutMs: number;
}

/** Stops the reconciliation of objects (flux-compat 9.2). @throws CliError */
export async function suspendObjects(
  runtime: Runtime,
  client: KubeClient,
  kind: FluxKind,
  options: SuspendOptions,
): Promise<void> {
  for (const name of await chosenNames(runtime, client, kind, options)) {
    action(runtime, `suspending ${kind.humanKind} ${name} in ${options.namespace} namespace`);
    await setSuspend(runtime, client, kind, { ...options, name }, true);
    success(runtime, `${kind.humanKind} suspended`);
  }
}

/** Starts the reconciliation of objects again (flux-compat 9.2). @throws CliError */
export async function resumeObjects(
  runtime: Runtime,
  client: KubeClient,
  kind: FluxKind,
  options: ResumeOptions,
): Promise<void> {
  const names = await chosenNames(runtime, client, kind, options);
  const waits: (() => Promise<void>)[] = [];
  for (const name of names) {
    action(runtime, `resuming ${kind.humanKind} ${name} in ${options.namespace} namespace`);
    const target = { ...options, name };
    const resumed = await setSuspend(runtime, client, kind, target, false);
    success(runtime, `${kind.humanKind} resumed`);
    const isHandled = (object: KubeObject) => hasSeen(object, resumed.metadata.generation);
    const wait = () => waitForOutcome(runtime, client, kind, target, isHandled);
    if (options.wait === 'each') await wait();
    if (options.wait === 'all') waits.push(wait);
  }
  await allOf(runtime, waits);
}

/** Every wait has its say, also after another has failed. */
async function allOf(runtime: Runtime, waits: readonly (() => Promise<void>)[]): Promise<void> {
  const results = await Promise.allSettled(waits.map((wait) => wait()));
  const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
  for (const reason of reasons.slice(0, -1)) failed(runtime, reason.message);
  const last = reasons.at(-1);
  if (last) throw last;
}

/** The controller has judged the object as it is now, with success or without. */
function hasSeen(object: KubeObject, generation = 0): boolean {
  const conditions = fieldAt(object, 'status', 'conditions');
  if (!Array.isArray(conditions)) return false;
  const ready: unknown = conditions.find((condition) => textAt(condition, 'type') === 'Ready');
  return (numberAt(ready, 'observedGeneration') ?? 0) >= generation;
}

async function chosenNames(
  runtime: Runtime,
  client: KubeClient,
  kind: FluxKind,
  { namespace, names, all }: SuspendOptions,
): Promise<readonly string[]> {
  if (all && names.length > 0) throw usageError('--all: give it, or names, not both');
  if (!all && names.length === 0)
    throw usageError(
      `no ${kind.humanKind} is named`,
      'give one or more names, or --all for every one of the namespace',
    );
  if (!all) {
    // Nothing is changed when one of the names is wrong.
    for (const name of names) await readObject(runtime, client, kind, { namespace, name });
    return [...new Set(names)];
  }
  const { items } = await listObjects(client, kind, { namespace }, runtime.signal);
  if (items.length === 0)
    throw notFound(
      `no ${kind.kind} objects found in ${inNamespace(namespace)} namespace`,
      'choose another with -n',
    );
  return items.map((item) => item.metadata.name);
}

function setSuspend(
  runtime: Runtime,
  client: KubeClient,
  kind: FluxKind,
  target: { readonly namespace: string; readonly name: string },
  suspend: boolean,
): Promise<KubeObject> {
  const patch = { type: 'merge' as const, body: { spec: { suspend } } };
  return client.patch(refOf(kind, target), patch, { fieldManager, signal: runtime.signal });
}
