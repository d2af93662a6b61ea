import type { PipelineSpec } from '@flotilla/common/fleet-api/pipeline';

/** The environments in which a release has to be promoted before it may come to the one at `index`. */
export function predecessors({ environments }: PipelineSpec, index: number): readonly string[] {
  const environment = environments[index];
  if (environment === undefined) return [];
  if (environment.after !== undefined) return environment.after;
  const before = environments[index - 1];
  return before === undefined ? [] : [before.name];
}

/** The environments that need none before: where releases begin. */
export function firstEnvironments(spec: PipelineSpec): readonly string[] {
  return spec.environments
    .filter((_, index) => predecessors(spec, index).length === 0)
    .map(({ name }) => name);
}

/** A cycle of `after`, e.g. ["a", "b", "a"]: each comes after the next one. Null when there is none. */
export function cycleOf(spec: PipelineSpec): readonly string[] | null {
  const after = new Map(spec.environments.map(({ name }, index) => [name, predecessors(spec, index)]));
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (name: string): readonly string[] | null => {
    const at = path.indexOf(name);
    if (at >= 0) return [...path.slice(at), name];
    if (done.has(name)) return null;
    path.push(name);
    for (const before of after.get(name) ?? []) {
      const cycle = visit(before);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(name);
    return null;
  };
  for (const name of after.keys()) {
    const cycle = visit(name);
    if (cycle) return cycle;
  }
  return null;
}
