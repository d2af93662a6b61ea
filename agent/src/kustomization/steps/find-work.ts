import { parseDuration } from '@flotilla/common/duration/duration';
import type { ObjectRef } from '@flotilla/common/kube/object';
import type { BuildPlan } from '../build/builder.js';
import { readKeyIdentity } from '../decryption/open-decryption.js';
import { requestedAtAnnotation } from '../kind.js';
import { nameOf, uidOf, type Run } from '../run.js';
import type { SettledState } from '../state/settled-states.js';
import { readIdentity } from '../substitution/variables.js';
import { openArtifact } from './open-artifact.js';
import { joinIdentities, planBuild, render, type Rendered } from './render.js';
import type { ResolvedSource } from './resolve-source.js';
import { serviceAccountOf } from './select-engine.js';

/**
 * What a reconcile has to do:
 * `all` builds, and applies everything; with a `base`, what is as it was at that success needs no look.
 * `some` verifies the suspects, when the inputs of the last success are still the same; `moved` says that nothing
 * of a new artifact concerns this Kustomization.
 */
export type Work =
  | ({ kind: 'all' } & ApplyBase)
  | { kind: 'some'; settled: SettledState; suspects: readonly ObjectRef[]; moved: boolean };

/** What is known when everything has to be applied. */
export interface ApplyBase {
  /** The last success: what is as it was then needs no look. */
  base?: SettledState;
  /** What was built already to find out that there is work. */
  rendered?: Rendered;
}

/** Compares the inputs with those of the last success; asks the cluster for no managed object. */
export async function findWork(run: Run, source: ResolvedSource): Promise<Work> {
  const found = await findSettled(run);
  if (!found) return { kind: 'all' };
  const { state: settled } = found;
  const identity = await readInputIdentity(run).catch(() => undefined);
  if (identity !== settled.substitutionIdentity) return { kind: 'all', base: settled };
  const moved = settled.artifactDigest !== source.artifact.digest || settled.revision !== source.revision;
  if (settled.fetchedAt !== undefined && (moved || isFetchDue(run, settled.fetchedAt)))
    return await findRemoteWork(run, source, found, moved);
  if (moved && (await planOf(run, source)).key !== settled.buildKey) return { kind: 'all', base: settled };
  return await verifySuspects(run, found, moved);
}

/**
 * Remote bases move without a word: they are built at each interval. What drifts meanwhile is corrected from what was
 * built last, also while the remote is down.
 */
function isFetchDue(run: Run, fetchedAt: number): boolean {
  if (!run.deps.suspects.has(nameOf(run.object))) return true;
  const age = run.deps.clock.now() - fetchedAt;
  return age < 0 || age >= parseDuration(run.object.spec.interval);
}

async function findRemoteWork(
  run: Run,
  source: ResolvedSource,
  { state: base, isRestored }: FoundState,
  moved: boolean,
): Promise<Work> {
  const rendered = await withArtifact(run, source, async (root) => {
    const plan = await planBuild(run, root, source.revision);
    if (moved) run.status.update({ lastAttemptedRevision: source.revision });
    return await render(run, plan);
  });
  const { buildKey, fetchedAt } = rendered;
  if (buildKey !== base.buildKey) return { kind: 'all', base, rendered };
  const settled = { ...base, ...(fetchedAt === undefined ? {} : { fetchedAt }) };
  await run.deps.settled.update(uidOf(run.object), settled);
  return await verifySuspects(run, { state: settled, isRestored }, moved);
}

async function verifySuspects(
  run: Run,
  { state: settled, isRestored }: FoundState,
  moved: boolean,
): Promise<Work> {
  const suspects = run.deps.suspects.take(nameOf(run.object));
  // A watch that has only begun raises its own suspicions when it has seen everything.
  const unseen = isRestored ? [] : await unseenObjects(run);
  return { kind: 'some', settled, suspects: [...suspects, ...unseen], moved };
}

/** The versions of everything from outside of the artifact that a build depends on. */
async function readInputIdentity(run: Run): Promise<string> {
  return joinIdentities(await readIdentity(run), await readKeyIdentity(run));
}

/** Objects that the watch cannot vouch for, because it may not or cannot see their kind: compared at each interval. */
async function unseenObjects(run: Run): Promise<ObjectRef[]> {
  const owner = nameOf(run.object);
  const objects = (await run.deps.settled.objects(uidOf(run.object))) ?? [];
  return objects
    .filter(({ ref, desired }) => desired === undefined || !run.deps.drift.settled(owner, ref, desired))
    .map(({ ref }) => ref);
}

/** Everything but the object itself and its source that decides what is applied and how. */
export function applyOptionsOf(run: Run): string {
  const { overrideManagers, customApplyStageKinds, gates } = run.deps.options;
  const account = serviceAccountOf(run)?.name ?? '';
  return JSON.stringify([
    account,
    ...(run.cluster.id === '' ? [] : [run.cluster.id]),
    overrideManagers,
    customApplyStageKinds,
    gates.StrictPostBuildSubstitutions,
  ]);
}

/** True when somebody asked for a reconcile that was not acknowledged yet (flux-compat 1.2). */
export function isRequested(run: Run): boolean {
  const requestedAt = run.object.metadata.annotations?.[requestedAtAnnotation];
  return requestedAt !== undefined && requestedAt !== run.object.status?.lastHandledReconcileAt;
}

interface FoundState {
  state: SettledState;
  /** It was on disk, and the watch of its objects has only begun. */
  isRestored: boolean;
}

async function findSettled(run: Run): Promise<FoundState | undefined> {
  const { deps, object } = run;
  const found = await deps.settled.get(uidOf(object));
  if (!found) return undefined;
  const { state, restored } = found;
  const isTrue = isStillTrue(run, state);
  // Another credential for the same cluster: what was watched with the old one has to be watched with the new one.
  const isCut = isTrue && run.cluster.isNew;
  const unwatched = restored ?? (isCut ? await deps.settled.objects(uidOf(object)) : undefined);
  if (unwatched) deps.drift.restore(nameOf(object), unwatched);
  return isTrue ? { state, isRestored: unwatched !== undefined } : undefined;
}

/** The status has to say the same as the memory: another process may have worked on the object since. */
function isStillTrue(run: Run, state: SettledState): boolean {
  const { deps, object, status } = run;
  const { lastAppliedRevision, observedGeneration } = status.current;
  const { generation } = object.metadata;
  if (isRequested(run) || !status.isTrue('Ready') || status.condition('Stalled')) return false;
  if (state.generation !== generation || observedGeneration !== generation) return false;
  if (state.revision !== lastAppliedRevision || state.applyOptions !== applyOptionsOf(run)) return false;
  const age = deps.clock.now() - state.verifiedAt;
  return age >= 0 && age < deps.options.verifyIntervalMs;
}

async function planOf(run: Run, source: ResolvedSource): Promise<BuildPlan> {
  return await withArtifact(run, source, (root) => planBuild(run, root, source.revision));
}

async function withArtifact<T>(
  run: Run,
  source: ResolvedSource,
  use: (root: string) => Promise<T>,
): Promise<T> {
  const tree = await openArtifact(run, source);
  try {
    return await use(tree.root);
  } finally {
    await tree.release();
  }
}
