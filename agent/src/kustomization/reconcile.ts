import { parseKustomization, type Kustomization } from '@flotilla/common/api/kustomization';
import { InvalidObjectError } from '@flotilla/common/api/kind-definition';
import type { KubeObject } from '@flotilla/common/kube/object';
import type { Reconcile, ReconcileResult } from '../runtime/reconcile.js';
import { tellOlderFields } from '../runtime/tell-older-fields.js';
import type { KustomizationDeps } from './deps.js';
import { finalize } from './finalize.js';
import { requestedAtAnnotation } from './kind.js';
import { elapsedMs, nameOf, saveStatus, tell, uidOf, type Run } from './run.js';
import { openCluster } from './remote/open-cluster.js';
import { StatusDraft } from './state/status-draft.js';
import { StepFailure, stalledFailure, type FailureOutcome } from './step-failure.js';
import { applyAll, succeed } from './steps/apply-all.js';
import { checkDependencies } from './steps/check-dependencies.js';
import { checkSupported } from './steps/check-supported.js';
import { addFinalizer, hasFinalizer } from './steps/finalizer.js';
import { checkHealthExpressions } from './steps/health-expressions.js';
import { findWork, type Work } from './steps/find-work.js';
import { isStillHealthy } from './steps/recheck-health.js';
import { reportFights } from './steps/report-fights.js';
import { resolveSource } from './steps/resolve-source.js';
import { verifySome } from './steps/verify-some.js';
import { formatDuration, intervalText, nextIntervalMs, retryIntervalMs } from './timing.js';

/** The reconciler of Kustomizations (flux-compat 3.2). */
export function createReconcile(deps: KustomizationDeps): Reconcile {
  return async (name, signal) => {
    deps.newTriggers.begin(name);
    const found = deps.latest.get(name);
    if (found) return await reconcileObject(deps, found, signal);
    // Somebody took the finalizer away: nobody owns these objects any more.
    deps.drift.forget(name);
    deps.clusters.release(name);
    deps.suspects.take(name);
    deps.pace.forget(name);
    return {};
  };
}

async function reconcileObject(
  deps: KustomizationDeps,
  found: KubeObject,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const startedAt = deps.clock.monotonic();
  const begin = (object: Kustomization): Run => ({
    deps,
    object,
    status: new StatusDraft(object, deps.clock),
    signal,
    startedAt,
    cluster: { id: '', client: deps.client, isNew: false },
    about: {},
  });
  let run = begin(found as Kustomization);
  if (found.metadata.deletionTimestamp) {
    if (hasFinalizer(found)) await finalize(run);
    return {};
  }
  try {
    run = begin(parseKustomization(hasFinalizer(found) ? found : await addFinalizer(run)));
    tellOlderFields(deps.events, found);
    if (run.object.spec.suspend) return await leaveSuspended(run);
    const finished = await reconcileSpec(run);
    return await succeedWith(run, finished);
  } catch (error) {
    return await failWith(run, asStepFailure(error));
  }
}

/** Nothing is done; what is ready stays so in the eyes of those that wait for it, whatever the spec says now. */
async function leaveSuspended(run: Run): Promise<ReconcileResult> {
  if (run.status.isTrue('Ready')) {
    run.status.remove('Reconciling');
    run.status.observe();
  }
  return await acknowledge(run);
}

/** Steps 2 to 16. Returns whether there was anything to do. @throws StepFailure */
async function reconcileSpec(run: Run): Promise<boolean> {
  checkHealthExpressions(run);
  checkSupported(run.object.spec, run.deps.options.gates);
  const source = await resolveSource(run);
  await checkDependencies(run, source);
  await openCluster(run, source);
  const work = await findWork(run, source);
  if (work.kind === 'all' || !(await isStillInPlace(run, work))) {
    await applyAll(run, source, work.kind === 'all' ? work : {});
    return true;
  }
  if (!work.moved) return false;
  const { artifact, revision } = source;
  succeed(run, source, work.settled.manifestsDigest);
  await run.deps.settled.update(uidOf(run.object), {
    ...work.settled,
    artifactDigest: artifact.digest,
    revision,
  });
  return true;
}

/** Corrects what drifted, and looks whether what was healthy still is. False when everything has to be done again. */
async function isStillInPlace(run: Run, work: Extract<Work, { kind: 'some' }>): Promise<boolean> {
  return (await verifySome(run, work.settled.buildKey, work.suspects)) && (await isStillHealthy(run));
}

/** flux-compat 3.2, 17. An interval at which nothing had to be done is not worth an event. */
async function succeedWith(run: Run, finished: boolean): Promise<ReconcileResult> {
  const { deps, object, status } = run;
  status.remove('Reconciling');
  status.remove('Stalled');
  reportFights(run);
  await acknowledge(run);
  if (finished) {
    const took = formatDuration(elapsedMs(run));
    const message = `Reconciliation finished in ${took}, next run in ${intervalText(object.spec)}`;
    tell(run, { severity: 'info', message, metadata: { commit_status: 'update' } });
  }
  // What came under suspicion meanwhile has waited for the end of this reconcile.
  if (deps.suspects.has(nameOf(object))) return { requeueAfterMs: 1 };
  const { intervalJitterPercentage } = deps.options;
  return { requeueAfterMs: nextIntervalMs(object.spec, intervalJitterPercentage, deps.random) };
}

/** Failures are no errors of the work queue: they come back after the time that the object asks for (flux-compat 1.6). */
async function failWith(run: Run, failure: StepFailure): Promise<ReconcileResult> {
  const { status, deps } = run;
  const { reason, outcome, message, event } = failure;
  if (outcome === 'stalled') {
    status.markStalled(reason, message);
  } else {
    status.mark('Ready', 'False', reason, message);
    status.remove('Stalled');
    const reconciling = status.condition('Reconciling');
    if (reconciling) status.mark('Reconciling', 'True', 'ProgressingWithRetry', reconciling.message);
  }
  deps.logger.info({ reason, outcome, error: message }, 'reconcile failed');
  if (event) tell(run, event);
  await acknowledge(run);
  if (outcome === 'back-off') throw failure;
  return requeueAfter(run, outcome);
}

function requeueAfter(run: Run, outcome: FailureOutcome): ReconcileResult {
  if (outcome === 'stalled') return {};
  if (outcome === 'again') return { requeueAfterMs: 1 };
  const { requeueDependencyMs } = run.deps.options;
  return { requeueAfterMs: outcome === 'wait' ? requeueDependencyMs : retryIntervalMs(run.object.spec) };
}

/**
 * The last status write of a reconcile. The request is acknowledged, also of a suspended or failed object
 * (flux-compat 1.2), and the journal ends when the inventory that names its objects is on the server.
 */
async function acknowledge(run: Run): Promise<ReconcileResult> {
  const { object, status, deps } = run;
  const requestedAt = object.metadata.annotations?.[requestedAtAnnotation];
  if (requestedAt !== undefined) status.update({ lastHandledReconcileAt: requestedAt });
  await saveStatus(run);
  if (status.current.inventory !== object.status?.inventory) await deps.journal.clear(uidOf(object));
  return {};
}

function asStepFailure(error: unknown): StepFailure {
  if (error instanceof StepFailure) return error;
  if (!(error instanceof InvalidObjectError)) throw error;
  const text = `Reconciliation failed terminally due to configuration error: ${error.message}`;
  return stalledFailure('InvalidSpec', text);
}
