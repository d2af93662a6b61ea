import type { KubeObject } from '@flotilla/common/kube/object';
import { actionsByObject, changeLog, objectsByAction, type ChangeSet } from '../../ssa/changeset.js';
import type { ApplyEngine, ApplyOptions } from '../../ssa/engine.js';
import { compileIgnoreRules } from '../../ssa/ignore/ignore-rules.js';
import { nameOf, tell, type Run } from '../run.js';
import { formatDuration, timeoutMs } from '../timing.js';
import { ownerOf } from './select-engine.js';

/**
 * Applies the objects (flux-compat 3.6), and tells which of them changed. `engine` decides in whose name.
 * @throws ApplyError, whose text holds the log of the complete stages
 */
export async function apply(
  run: Run,
  engine: ApplyEngine,
  objects: readonly KubeObject[],
  trustsWatch: boolean,
): Promise<ChangeSet> {
  if (objects.length === 0) return { entries: [] };
  const changes = await withinTimeout(run, (signal) =>
    applyObjects(run, engine, objects, { trustsWatch, signal }),
  );
  const log = changeLog(changes);
  if (log !== '') {
    tell(run, { severity: 'info', message: log });
    logChanges(run, changes);
  }
  return changes;
}

/** What changed, as the log shows it: object by object, or with GroupChangeLog by action. */
function logChanges({ deps, about }: Run, changes: ChangeSet): void {
  const isGrouped = deps.options.gates.GroupChangeLog;
  const output = isGrouped ? objectsByAction(changes) : actionsByObject(changes);
  deps.logger.info({ output, revision: about.revision }, 'server-side apply completed');
}

/** Applies without telling anybody. Objects whose watch is trusted are not looked at when they need no change. */
export async function applyObjects(
  run: Run,
  engine: ApplyEngine,
  objects: readonly KubeObject[],
  { trustsWatch, signal }: { trustsWatch: boolean; signal: AbortSignal },
): Promise<ChangeSet> {
  const { drift, counts } = run.deps;
  const owner = nameOf(run.object);
  const trustedWatch: Pick<ApplyOptions, 'settled' | 'untouched'> = {
    settled: (ref, desired) => drift.settled(owner, ref, desired),
    // What shall be ignored has to be read from the live object.
    ...(run.object.spec.ignore?.length ? {} : { untouched: (ref) => drift.untouched(owner, ref) }),
  };
  const wanted: ApplyOptions = {
    ...applyOptions(run, signal),
    // Only here: it writes, which a question what would change must not.
    migratesApiVersion: run.deps.options.gates.MigrateAPIVersion,
    ...(trustsWatch ? trustedWatch : {}),
  };
  const ended = counts?.applying();
  let changes: ChangeSet | undefined;
  try {
    return (changes = await engine.applyAllStaged(objects, wanted));
  } finally {
    ended?.(changes);
  }
}

/** How this Kustomization applies; every object is compared with the cluster. */
export function applyOptions(run: Run, signal: AbortSignal): ApplyOptions {
  const { options } = run.deps;
  const { force, commonMetadata, ignore = [] } = run.object.spec;
  return {
    owner: ownerOf(run),
    force,
    ...(commonMetadata ? { commonMetadata: definedOf(commonMetadata) } : {}),
    overrideManagers: options.overrideManagers,
    ignore: compileIgnoreRules(ignore),
    customStageKinds: options.customApplyStageKinds,
    concurrency: options.concurrentSsa,
    signal,
  };
}

/** Runs something with the limit of spec.timeout; whatever it is doing then fails with that as its reason. */
export async function withinTimeout<T>(run: Run, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = timeoutMs(run.object.spec);
  const ending = new AbortController();
  const stop = (): void => ending.abort(run.signal.reason);
  const late = new Error(`the apply did not end within the timeout of ${formatDuration(limit)}`);
  const cancel = run.deps.clock.schedule(limit, () => ending.abort(late));
  run.signal.addEventListener('abort', stop, { once: true });
  if (run.signal.aborted) stop();
  try {
    return await work(ending.signal);
  } catch (error) {
    run.signal.throwIfAborted();
    throw error;
  } finally {
    cancel();
    run.signal.removeEventListener('abort', stop);
  }
}

type Metadata = NonNullable<Run['object']['spec']['commonMetadata']>;

function definedOf({ labels, annotations }: Metadata): {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
} {
  return { ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) };
}
