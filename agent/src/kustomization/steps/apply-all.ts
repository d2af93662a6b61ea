import { inventoryOf, mergeInventory, staleEntries } from '@flotilla/common/inventory/inventory';
import { refOf, type KubeObject } from '@flotilla/common/kube/object';
import type { ChangeSet } from '../../ssa/changeset.js';
import { seenObjects } from '../../ssa/drift/seen-object.js';
import type { ApplyEngine } from '../../ssa/engine.js';
import { ApplyError } from '../../ssa/errors.js';
import { elapsedMs, nameOf, reportProgress, timestamp, uidOf, type Run } from '../run.js';
import type { SettledState } from '../state/settled-states.js';
import { retriedFailure, StepFailure } from '../step-failure.js';
import { formatDuration, progressText } from '../timing.js';
import { apply } from './apply.js';
import { entriesAsServed, servedBy } from './as-served.js';
import { checkHealth } from './check-health.js';
import { checkInventorySize } from './check-inventory-size.js';
import { applyOptionsOf, type ApplyBase } from './find-work.js';
import { openArtifact } from './open-artifact.js';
import { prune } from './prune.js';
import { recordAttempt } from './record-history.js';
import { planBuild, render, type Rendered } from './render.js';
import type { ResolvedSource } from './resolve-source.js';
import { selectEngine } from './select-engine.js';

/** An apply of more objects than this takes a while: its progress is worth a request of its own. */
const manyObjects = 50;

/** Builds, applies, prunes and checks everything (flux-compat 3.2, 7 to 16). @throws StepFailure */
export async function applyAll(
  run: Run,
  source: ResolvedSource,
  { base, rendered: known }: ApplyBase = {},
): Promise<void> {
  const { deps, object } = run;
  deps.suspects.take(nameOf(object));
  run.status.mark('Ready', 'Unknown', 'Progressing', 'Reconciliation in progress');
  const rendered = known ?? (await build(run, source, base !== undefined));
  await deps.settled.drop(uidOf(object));
  const engine = selectEngine(run);
  const changes = await recorded(run, source, rendered, async () => {
    const applied = await applyAndPrune(run, engine, rendered.objects, base !== undefined);
    await checkHealth(run, engine, applied, source);
    return applied;
  });
  succeed(run, source, rendered.digest);
  const verifiedAt = base?.verifiedAt ?? deps.clock.now();
  const state = { ...stateOf(run, source, rendered), verifiedAt };
  await deps.settled.put(uidOf(object), state, seenObjects(changes.entries));
}

/** The end of every success: which revision is in the cluster (flux-compat 3.2, 16). */
export function succeed(run: Run, source: ResolvedSource, manifestsDigest: string): void {
  const { revision, originRevision } = source;
  run.status.update({
    lastAttemptedRevision: revision,
    lastAppliedRevision: revision,
    lastAppliedOriginRevision: originRevision,
  });
  run.status.mark('Ready', 'True', 'ReconciliationSucceeded', `Applied revision: ${revision}`);
  recordOutcome(run, source, manifestsDigest, 'ReconciliationSucceeded');
  run.status.observe();
}

async function build(run: Run, source: ResolvedSource, trustsWatch: boolean): Promise<Rendered> {
  const progress = (step: string): string => progressText(step, source.revision, run.object.spec);
  const tree = await openArtifact(run, source);
  try {
    const plan = await planBuild(run, tree.root, source.revision);
    run.status.update({ lastAttemptedRevision: source.revision });
    await reportProgress(run, progress('Building manifests'));
    const rendered = await render(run, plan);
    const message = progress('Detecting drift');
    // Where the watch is trusted few objects are looked at, however many there are: not worth a request.
    if (trustsWatch) run.status.markProgressing(message);
    else await reportProgress(run, message, { lasting: rendered.objects.length > manyObjects });
    return rendered;
  } finally {
    await tree.release();
  }
}

/** flux-compat 3.2, 12 to 14: the inventory is replaced once all stages are applied, and then pruned from. */
async function applyAndPrune(
  run: Run,
  engine: ApplyEngine,
  objects: readonly KubeObject[],
  trustsWatch: boolean,
): Promise<ChangeSet> {
  const { journal, drift } = run.deps;
  const owner = nameOf(run.object);
  const old = await entriesAsServed(run.status.current.inventory?.entries ?? [], servedBy(run));
  const planned = inventoryOf(objects.map(refOf));
  refuseTooMany(planned);
  const begun = await journal.begin(uidOf(run.object), planned, old).catch((error: unknown) => {
    throw retriedFailure('ReconciliationFailed', error);
  });
  const known = mergeInventory(old, await entriesAsServed(begun, servedBy(run)));
  drift.hold(owner);
  const changes = await apply(run, engine, objects, trustsWatch).catch((error: unknown) =>
    applyFailed(run, error),
  );
  const inventory = inventoryOf(changes.entries.map(({ ref }) => ref));
  const seen = seenObjects(changes.entries);
  const stale = staleEntries(known, inventory);
  const applied = new Set(seen.map(({ version }) => version.uid));
  const { survivors, failure } = await prune(run, engine, { stale, managed: known.length, applied }).finally(
    () => drift.expect(owner, seen),
  );
  run.status.update({ inventory: { entries: mergeInventory(inventory, survivors) } });
  if (failure) throw failure;
  return changes;
}

function refuseTooMany(planned: Parameters<typeof checkInventorySize>[0]): void {
  try {
    checkInventorySize(planned);
  } catch (error) {
    throw retriedFailure('ReconciliationFailed', error);
  }
}

/** What was applied before the failure is no drift. */
function applyFailed(run: Run, error: unknown): never {
  const entries = error instanceof ApplyError ? [...error.changes.entries, ...error.partial] : [];
  run.deps.drift.update(nameOf(run.object), seenObjects(entries));
  run.signal.throwIfAborted();
  throw retriedFailure('ReconciliationFailed', error);
}

/** A failure of what was built goes into the history under its reason. */
async function recorded<T>(
  run: Run,
  source: ResolvedSource,
  rendered: Rendered,
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof StepFailure && error.outcome !== 'again')
      recordOutcome(run, source, rendered.digest, error.reason);
    throw error;
  }
}

function recordOutcome(run: Run, source: ResolvedSource, digest: string, status: string): void {
  const { revision, originRevision } = source;
  const metadata = { revision, ...(originRevision ? { originRevision } : {}) };
  const attempt = { digest, status, metadata, at: timestamp(run), duration: formatDuration(elapsedMs(run)) };
  run.status.update({ history: recordAttempt(run.status.current.history, attempt) });
}

function stateOf(run: Run, source: ResolvedSource, rendered: Rendered): Omit<SettledState, 'verifiedAt'> {
  return {
    generation: run.object.metadata.generation ?? 0,
    artifactDigest: source.artifact.digest,
    revision: source.revision,
    buildKey: rendered.buildKey,
    ...(rendered.fetchedAt === undefined ? {} : { fetchedAt: rendered.fetchedAt }),
    substitutionIdentity: rendered.substitutionIdentity,
    manifestsDigest: rendered.digest,
    applyOptions: applyOptionsOf(run),
  };
}
