import { nameOf, uidOf, type Run } from '../run.js';
import { hasHealthChecks, healthTargets, withoutSelf } from './check-health.js';
import { statusByExpressions } from './health-expressions.js';
import { selectEngine } from './select-engine.js';

/** Long enough for the reads; what is not healthy by then gets the full check with its own timeout. */
const lookMs = 5_000;

/** Looks once whether what was healthy still is. False sends the reconcile through the full health checks. */
export async function isStillHealthy(run: Run): Promise<boolean> {
  const { spec } = run.object;
  if (!hasHealthChecks(spec)) return true;
  const versions = run.deps.drift.versions(nameOf(run.object));
  // Objects of healthChecks may be anybody's, and are not watched.
  if (spec.wait && run.deps.healthy.has(uidOf(run.object), versions)) return true;
  const seen = (await run.deps.settled.objects(uidOf(run.object))) ?? [];
  const entries = seen.map(({ ref, skipped }) => ({
    ref,
    action: skipped ? ('skipped' as const) : ('unchanged' as const),
  }));
  const targets = withoutSelf(run, healthTargets(run, { entries }));
  if (targets.length === 0) return true;
  try {
    await selectEngine(run).wait(targets, {
      timeoutMs: lookMs,
      failFast: true,
      signal: run.signal,
      statusOf: statusByExpressions(run),
    });
    run.deps.healthy.set(uidOf(run.object), versions);
    return true;
  } catch {
    run.signal.throwIfAborted();
    return false;
  }
}
