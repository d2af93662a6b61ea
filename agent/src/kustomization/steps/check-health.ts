import type { KustomizationSpec } from '@flotilla/common/api/kustomization';
import { formatRef, type ObjectRef } from '@flotilla/common/kube/object';
import { hasChanged, type ChangeSet } from '../../ssa/changeset.js';
import type { ApplyEngine, WaitTarget } from '../../ssa/engine.js';
import { kustomizationType } from '../kind.js';
import { nameOf, reportProgress, saveStatus, tell, uidOf, type Run } from '../run.js';
import { messageOf, retriedFailure, StepFailure } from '../step-failure.js';
import { formatDuration, progressText, timeoutMs } from '../timing.js';
import { statusByExpressions } from './health-expressions.js';
import type { ResolvedSource } from './resolve-source.js';

/** True when the spec asks for health checks at all. */
export function hasHealthChecks(spec: KustomizationSpec): boolean {
  return spec.wait === true || (spec.healthChecks?.length ?? 0) > 0;
}

/** Waits until what the spec names is healthy (flux-compat 3.8). @throws StepFailure */
export async function checkHealth(
  run: Run,
  engine: ApplyEngine,
  changes: ChangeSet,
  source: ResolvedSource,
): Promise<void> {
  const listed = healthTargets(run, changes);
  if (listed.length === 0) {
    run.status.remove('Healthy');
    return;
  }
  const wasHealthy = run.status.isTrue('Healthy');
  const message = progressText('Running health checks', source.revision, run.object.spec);
  run.status.mark('Healthy', 'Unknown', 'Progressing', message);
  await reportProgress(run, message, { lasting: true });
  const versions = run.deps.drift.versions(nameOf(run.object));
  const passed = await waitHealthy(run, engine, withoutSelf(run, listed));
  run.deps.healthy.set(uidOf(run.object), versions);
  const isNewRevision = run.status.current.lastAppliedRevision !== source.revision;
  const drifted = changes.entries.some(({ action }) => hasChanged(action));
  if (!wasHealthy || (isNewRevision && drifted)) {
    tell(run, { severity: 'info', message: passed });
  }
  run.status.mark('Healthy', 'True', 'Succeeded', passed);
  await saveStatus(run);
}

/** Waits; returns the text of success. */
async function waitHealthy(run: Run, engine: ApplyEngine, targets: readonly WaitTarget[]): Promise<string> {
  const { clock, options } = run.deps;
  const startedAt = clock.monotonic();
  const failFast = !options.gates.DisableFailFastBehavior;
  const interruption = watchInterruption(run);
  try {
    await engine.wait(targets, {
      timeoutMs: timeoutMs(run.object.spec),
      failFast,
      signal: interruption.signal,
      statusOf: statusByExpressions(run),
    });
  } catch (error) {
    run.signal.throwIfAborted();
    if (interruption.cause) throw canceled(run, interruption.cause);
    const took = formatDuration(clock.monotonic() - startedAt);
    const message = `health check failed after ${took}: ${messageOf(error)}`;
    run.status.mark('Healthy', 'False', 'HealthCheckFailed', message);
    throw retriedFailure('HealthCheckFailed', error, message);
  } finally {
    interruption.stop();
  }
  return `Health check passed in ${formatDuration(clock.monotonic() - startedAt)}`;
}

interface Interruption {
  readonly signal: AbortSignal;
  /** The object whose change ended the wait. */
  readonly cause: ObjectRef | undefined;
  stop(): void;
}

/** With CancelHealthCheckOnNewRevision the wait ends when something asks for another reconcile (flux-compat 3.2). */
function watchInterruption(run: Run): Interruption {
  const { newTriggers, options } = run.deps;
  const ending = new AbortController();
  let cause: ObjectRef | undefined;
  const tell = (found: ObjectRef): void => {
    cause ??= found;
    ending.abort();
  };
  const isOn = options.gates.CancelHealthCheckOnNewRevision;
  return {
    signal: AbortSignal.any([run.signal, ending.signal]),
    get cause() {
      return cause;
    },
    stop: isOn ? newTriggers.watch(nameOf(run.object), tell) : () => undefined,
  };
}

function canceled(run: Run, cause: ObjectRef): StepFailure {
  const reason = 'HealthCheckCanceled';
  const message = `New reconciliation triggered by ${formatRef(cause)}`;
  run.status.mark('Healthy', 'False', reason, message);
  const told = `Health checks canceled due to new reconciliation triggered by ${formatRef(cause)}`;
  return new StepFailure({ outcome: 'again', reason, message, event: { severity: 'info', message: told } });
}

/** All applied objects that were not skipped, or those that spec.healthChecks names. */
export function healthTargets(run: Run, changes: ChangeSet): WaitTarget[] {
  const { wait, healthChecks = [] } = run.object.spec;
  if (!wait) return healthChecks.map((check) => ({ ref: refOfCheck(check) }));
  return changes.entries
    .filter(({ action }) => action !== 'skipped')
    .map(({ ref, live }) => ({ ref, ...(live ? { live } : {}) }));
}

type HealthCheck = NonNullable<KustomizationSpec['healthChecks']>[number];

function refOfCheck({ apiVersion, kind, name, namespace }: HealthCheck): ObjectRef {
  return { apiVersion: apiVersion || 'apps/v1', kind, name, ...(namespace ? { namespace } : {}) };
}

/** A Kustomization that waits for itself would wait for ever. */
export function withoutSelf(run: Run, targets: readonly WaitTarget[]): WaitTarget[] {
  const own = nameOf(run.object);
  const isSelf = ({ kind, name, namespace }: ObjectRef): boolean =>
    kind === kustomizationType.kind && name === own.name && namespace === own.namespace;
  return targets.filter(({ ref }) => !isSelf(ref));
}
