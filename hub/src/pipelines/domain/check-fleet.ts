import type { DocumentProblem } from '@flotilla/common/fleet-api/document';
import type { PipelineSpec } from '@flotilla/common/fleet-api/pipeline';
import { planWaves } from '../../rollouts/domain/plan.js';

/** A cluster as far as these checks care. */
export interface FleetMember {
  readonly clusterId: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** An Environment, and its clusters now. */
export interface FleetEnvironment {
  readonly allowEmpty: boolean;
  readonly selector: string;
  readonly members: readonly FleetMember[];
}

/** Names in a message are at most so many. */
const namesShown = 5;

/** What is wrong with a pipeline for the environments and clusters that are there. */
export function checkFleet(
  spec: PipelineSpec,
  environments: ReadonlyMap<string, FleetEnvironment>,
): readonly DocumentProblem[] {
  return [
    ...spec.environments.flatMap(({ name }, index) => checkPlace(name, index, environments.get(name))),
    ...checkGates(spec, environments),
    ...checkOverlap(spec, environments),
    ...spec.environments.flatMap(({ name, rollout }, index) => {
      const members = environments.get(name)?.members ?? [];
      if (members.length === 0) return [];
      return planWaves(rollout, members).problems.map(({ field, message }) => ({
        field: `spec.environments[${index}].rollout.${field}`,
        message: `${message}, of the ${members.length} that environment "${name}" has now; label clusters, or change the waves`,
      }));
    }),
  ];
}

function checkPlace(
  name: string,
  index: number,
  environment: FleetEnvironment | undefined,
): readonly DocumentProblem[] {
  const field = `spec.environments[${index}].name`;
  if (environment === undefined) {
    const message = `environment "${name}" does not exist; apply the Environment before, or together with this`;
    return [{ field, message }];
  }
  if (environment.members.length > 0 || environment.allowEmpty) return [];
  const message = `environment "${name}" matches no cluster (${environment.selector}); label clusters, or set spec.allowEmpty of the Environment`;
  return [{ field, message }];
}

/** A health gate may look at environments of other pipelines. */
function checkGates(
  spec: PipelineSpec,
  environments: ReadonlyMap<string, FleetEnvironment>,
): readonly DocumentProblem[] {
  return spec.environments.flatMap(({ gates }, index) =>
    (['before', 'after'] as const).flatMap((list) =>
      gates[list].flatMap((gate, at) => {
        if (gate.type !== 'health') return [];
        return (gate.environments ?? []).flatMap((name, position) => {
          if (environments.has(name)) return [];
          const field = `spec.environments[${index}].gates.${list}[${at}].environments[${position}]`;
          return [{ field, message: `environment "${name}" does not exist` }];
        });
      }),
    ),
  );
}

/** A cluster in two environments of one pipeline would take two releases at the same time. */
function checkOverlap(
  spec: PipelineSpec,
  environments: ReadonlyMap<string, FleetEnvironment>,
): readonly DocumentProblem[] {
  const placed = new Map<string, string>();
  return spec.environments.flatMap(({ name }, index) => {
    const shared = new Map<string, string[]>();
    for (const { clusterId, name: cluster } of environments.get(name)?.members ?? []) {
      const other = placed.get(clusterId);
      if (other === undefined) placed.set(clusterId, name);
      else if (other !== name) shared.set(other, [...(shared.get(other) ?? []), cluster]);
    }
    return [...shared].map(([other, clusters]) => ({
      field: `spec.environments[${index}].name`,
      message: `environments "${other}" and "${name}" share ${named(clusters)}; a cluster may be in one environment of a pipeline only: change a selector`,
    }));
  });
}

function named(clusters: readonly string[]): string {
  const shown = clusters.slice(0, namesShown).map((name) => `"${name}"`);
  const more = clusters.length - shown.length;
  return `${clusters.length === 1 ? 'cluster' : 'clusters'} ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
