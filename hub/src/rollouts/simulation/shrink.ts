import type { Schedule } from './schedule.js';

/**
 * A smaller schedule that still fails: leaves out steps and quietens clusters for as long as `fails` says so. Clusters
 * keep their numbers.
 */
export function shrink(schedule: Schedule, fails: (candidate: Schedule) => boolean): Schedule {
  let best = schedule;
  for (let size = best.steps.length; size >= 1; size = Math.floor(size / 2))
    best = withoutRuns(best, size, fails);
  best = calmer(best, fails);
  return withoutRuns(best, 1, fails);
}

/** Leaves out runs of so many steps, as long as it still fails. */
export function withoutRuns<Steps extends { readonly steps: readonly unknown[] }>(
  schedule: Steps,
  size: number,
  fails: (candidate: Steps) => boolean,
): Steps {
  let { steps } = schedule;
  for (let at = 0; at < steps.length;) {
    const fewer = [...steps.slice(0, at), ...steps.slice(at + size)];
    if (fails({ ...schedule, steps: fewer })) steps = fewer;
    else at += size;
  }
  return { ...schedule, steps };
}

function calmer(schedule: Schedule, fails: (candidate: Schedule) => boolean): Schedule {
  let best = schedule;
  const quiet = {
    zone: null,
    offline: false,
    blank: false,
    early: false,
    skewMs: 0,
    brokenHome: false,
  } as const;
  best.clusters.forEach((_, index) => {
    for (const [name, value] of [...Object.entries(quiet), ['outcomes', ['ok']] as const]) {
      const clusters = best.clusters.map((cluster, at) =>
        at === index ? { ...cluster, [name]: value } : cluster,
      );
      if (fails({ ...best, clusters })) best = { ...best, clusters };
    }
  });
  while (best.clusters.length > 1 && fails({ ...best, clusters: best.clusters.slice(0, -1) }))
    best = { ...best, clusters: best.clusters.slice(0, -1) };
  return best;
}
