/** Whatever agents report, a Git server is not asked more often. */
const hurryEveryMs = 5_000;
const shortestIntervalMs = 1_000;

/** When a watch that was looked at last at `checkedAt` is to be looked at again. A look in the future was by a clock that has been put back. */
export function lookDueAt(checkedAt: Date, intervalMs: number, now: Date): Date {
  if (checkedAt > now) return now;
  return new Date(checkedAt.getTime() + Math.max(shortestIntervalMs, intervalMs));
}

/** Whether a look is so new that another one, which somebody has a reason for, can wait. */
export function isJustLookedAt(checkedAt: Date, now: Date): boolean {
  const ageMs = now.getTime() - checkedAt.getTime();
  return ageMs >= 0 && ageMs < hurryEveryMs;
}
