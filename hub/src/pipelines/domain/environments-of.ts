import type { PipelineSpec } from '@flotilla/common/fleet-api/pipeline';

/** All environments that a pipeline names: those that releases go through, and those that health gates look at. */
export function environmentsOf(spec: PipelineSpec): readonly string[] {
  return [...new Set([...spec.environments.map(({ name }) => name), ...lookedAt(spec)])];
}

/** The environments that health gates name, of this pipeline or of others. */
export function lookedAt({ environments }: PipelineSpec): readonly string[] {
  return environments.flatMap(({ gates }) =>
    [...gates.before, ...gates.after].flatMap((gate) =>
      gate.type === 'health' ? (gate.environments ?? []) : [],
    ),
  );
}
