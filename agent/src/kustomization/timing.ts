import type { KustomizationSpec } from '@flotilla/common/api/kustomization';
import { jitter } from '@flotilla/common/duration/jitter';
import { formatDuration, parseDuration } from '@flotilla/common/duration/duration';

export { formatDuration };

const least = 30_000;

/**
 * Limit of build, apply and health checks: spec.timeout, else the interval less 30 s. Never below 30 s, also
 * when spec.timeout says less: manifests that were written for Flux rely on it.
 */
export function timeoutMs(spec: KustomizationSpec): number {
  const wanted = spec.timeout ? parseDuration(spec.timeout) : parseDuration(spec.interval) - least;
  return Math.max(wanted, least);
}

/** What Reconciling says of a step (flux-compat 3.2, 7, 9 and 12, and 3.8). */
export function progressText(step: string, revision: string, spec: KustomizationSpec): string {
  return `${step} for revision ${revision} with a timeout of ${formatDuration(timeoutMs(spec))}`;
}

/** Time to the next attempt after a failure. */
export function retryIntervalMs(spec: KustomizationSpec): number {
  return parseDuration(spec.retryInterval ?? spec.interval);
}

/** Time to the next reconcile after a success: the interval, give or take a share of it (flux-compat 1.6). */
export function nextIntervalMs(spec: KustomizationSpec, percentage: number, random: () => number): number {
  return jitter(parseDuration(spec.interval), percentage, random);
}

/** spec.interval as Go writes it. */
export function intervalText(spec: KustomizationSpec): string {
  return formatDuration(parseDuration(spec.interval));
}
