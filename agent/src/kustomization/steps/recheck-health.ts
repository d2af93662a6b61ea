import { uidOf, type Run } from '../run.js';
import { hasHealthChecks, healthTargets } from './check-health.js';
import { selectEngine } from './select-engine.js';

/** Long enough for the reads; what is not healthy by then gets the full check with its own timeout. */
const lookMs = 5_000;

/** Looks once whether what was healthy still is. False sends the reconcile through the full health checks. */
export async function isStillHealthy(run: Run): Promise<boolean> {
  if (!hasHealthChecks(run.object.spec)) return true;
  const seen = (await run.deps.settled.objects(uidOf(run.object))) ?? [];
  const entries = seen.map(({ ref }) => ({ ref, action: 'unchanged' as const }));
  const targets = healthTargets(run, { entries });
  if (targets.length === 0) return true;
  try {
    await selectEngine(run).wait(targets, { timeoutMs: lookMs, failFast: true, signal: run.signal });
    return true;
  } catch {
    run.signal.throwIfAborted();
    return false;
  }
}
