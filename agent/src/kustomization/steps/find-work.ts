import type { ObjectRef } from '@flotilla/common/kube/object';
import type { BuildPlan } from '../build/builder.js';
import { requestedAtAnnotation } from '../kind.js';
import { nameOf, uidOf, type Run } from '../run.js';
import type { SettledState } from '../state/settled-states.js';
import { readIdentity } from '../substitution/variables.js';
import { openArtifact } from './open-artifact.js';
import { planBuild } from './render.js';
import type { ResolvedSource } from './resolve-source.js';
import { serviceAccountOf } from './select-engine.js';

/**
 * What a reconcile has to do:
 * `all` builds, applies and verifies everything; `some` verifies the suspects, when the inputs of the last
 * success are still the same; `moved` says that nothing of a new artifact concerns this Kustomization.
 */
export type Work =
  | { kind: 'all' }
  | { kind: 'some'; settled: SettledState; suspects: readonly ObjectRef[]; moved: boolean };

/** Compares the inputs with those of the last success; asks the cluster for no managed object. */
export async function findWork(run: Run, source: ResolvedSource): Promise<Work> {
  const settled = await findSettled(run);
  if (!settled) return { kind: 'all' };
  const identity = await readIdentity(run).catch(() => undefined);
  if (identity !== settled.substitutionIdentity) return { kind: 'all' };
  const moved = settled.artifactDigest !== source.artifact.digest || settled.revision !== source.revision;
  if (moved && (await planOf(run, source)).key !== settled.buildKey) return { kind: 'all' };
  return { kind: 'some', settled, suspects: run.deps.suspects.take(nameOf(run.object)), moved };
}

/** Everything but the object itself and its source that decides what is applied and how. */
export function applyOptionsOf(run: Run): string {
  const { overrideManagers, customApplyStageKinds, gates } = run.deps.options;
  const account = serviceAccountOf(run)?.name ?? '';
  return JSON.stringify([
    account,
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

async function findSettled(run: Run): Promise<SettledState | undefined> {
  const { deps, object } = run;
  const found = await deps.settled.get(uidOf(object));
  if (!found) return undefined;
  const { state, restored } = found;
  if (restored) deps.drift.expect(nameOf(object), restored);
  return isStillTrue(run, state) ? state : undefined;
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
  const tree = await openArtifact(run, source);
  try {
    return await planBuild(run, tree.root);
  } finally {
    await tree.release();
  }
}
