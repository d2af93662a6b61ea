/** A rollout that has to be looked at. */
export interface DueRollout {
  readonly id: string;
  readonly environment: string;
}

/**
 * Which rollouts are looked at together, at most so many at a time. Those of one environment stay together as far as
 * they fit: they are about the same clusters, which are then read, and told, once, and by one transaction.
 */
export function batchesOf(due: readonly DueRollout[], most: number): readonly (readonly string[])[] {
  const groups = new Map<string, string[]>();
  for (const { id, environment } of due) {
    const group = groups.get(environment) ?? [];
    group.push(id);
    groups.set(environment, group);
  }
  const batches: string[][] = [];
  for (const group of groups.values())
    for (let at = 0; at < group.length; at += most) {
      const part = group.slice(at, at + most);
      const last = batches.at(-1);
      if (last && last.length + part.length <= most) last.push(...part);
      else batches.push(part);
    }
  return batches;
}
