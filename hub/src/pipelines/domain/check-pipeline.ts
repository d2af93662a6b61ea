import type { DocumentProblem } from '@flotilla/common/fleet-api/document';
import { durationMs } from '@flotilla/common/fleet-api/fields';
import type { Gate } from '@flotilla/common/fleet-api/gates';
import type { PipelineEnvironment, PipelineSpec } from '@flotilla/common/fleet-api/pipeline';
import { checkHealthGates } from './check-health-gates.js';
import { cycleOf, predecessors } from './order.js';

/** The time between two heartbeats of an agent. */
const leastPatienceMs = 5_000;

/** What is wrong with a pipeline by itself, whatever the fleet looks like. The schema has been checked before. */
export function checkPipeline(spec: PipelineSpec): readonly DocumentProblem[] {
  const order = checkOrder(spec);
  return [
    ...checkSources(spec),
    ...checkWatches(spec),
    ...repeated(
      spec.environments.map(({ name }) => name),
      (index) => `spec.environments[${index}].name`,
      (name) => `environment "${name}" is named twice; an environment has one place in a pipeline`,
    ),
    ...order,
    ...(order.length > 0 ? [] : checkHealthGates(spec)),
    ...spec.environments.flatMap((environment, index) => checkEnvironment(spec, environment, index)),
  ];
}

function checkSources({ sources }: PipelineSpec): readonly DocumentProblem[] {
  return repeated(
    sources.map(({ kind, namespace, name }) => `${kind}/${namespace}/${name}`),
    (index) => `spec.sources[${index}]`,
    (source) => `${source} is named twice; leave one out`,
  );
}

function checkWatches({ sources, releases }: PipelineSpec): readonly DocumentProblem[] {
  const field = (index: number) => `spec.releases.watch[${index}].source`;
  const problems = releases.watch.flatMap(({ source }, index) => {
    const watched = sources[source];
    if (watched === undefined) {
      const message = `there is no source ${source}; spec.sources has 0 to ${sources.length - 1}`;
      return [{ field: field(index), message }];
    }
    if (watched.kind === 'GitRepository') return [];
    return [
      {
        field: field(index),
        message: `source ${source} is a ${watched.kind}; only a GitRepository can be watched`,
      },
    ];
  });
  const twice = repeated(
    releases.watch.map(({ source }) => String(source)),
    field,
    (source) => `source ${source} is watched twice`,
  );
  return [...problems, ...twice];
}

function checkOrder(spec: PipelineSpec): readonly DocumentProblem[] {
  const names = new Set(spec.environments.map(({ name }) => name));
  const unknown = spec.environments.flatMap(({ name, after = [] }, index) =>
    after.flatMap((before, at) => {
      const field = `spec.environments[${index}].after[${at}]`;
      if (before === name)
        return [
          { field, message: `environment "${name}" cannot come after itself; leave it out of its own after` },
        ];
      if (names.has(before)) return [];
      const message = `environment "${before}" is not in this pipeline; it has ${[...names].join(', ')}`;
      return [{ field, message }];
    }),
  );
  const isRepeated = names.size < spec.environments.length;
  const cycle = unknown.length > 0 || isRepeated ? null : cycleOf(spec);
  if (cycle === null) return unknown;
  const at = spec.environments.findIndex(({ name }) => name === cycle[0]);
  const path = cycle.map((name) => `"${name}"`).join(' after ');
  return [
    {
      field: `spec.environments[${at}].after`,
      message: `is a cycle: ${path}; no release could ever begin; take one of them out`,
    },
  ];
}

function checkEnvironment(
  spec: PipelineSpec,
  environment: PipelineEnvironment,
  index: number,
): readonly DocumentProblem[] {
  const field = `spec.environments[${index}]`;
  const { before, after } = environment.gates;
  return [
    ...before.flatMap((gate, at) => checkGate(gate, `${field}.gates.before[${at}]`)),
    ...after.flatMap((gate, at) => checkGate(gate, `${field}.gates.after[${at}]`)),
    ...(predecessors(spec, index).length > 0 ? [] : checkFirst(before, field)),
    ...checkWaves(environment.rollout.waves, `${field}.rollout`),
    ...checkPatience(environment.rollout.membership, `${field}.rollout.membership`),
  ];
}

function checkGate(gate: Gate, field: string): readonly DocumentProblem[] {
  if (gate.type !== 'approval') return [];
  const sum = gate.groups.reduce((total, { required }) => total + required, 0);
  const groups = repeated(
    gate.groups.map(({ name }) => name),
    (index) => `${field}.groups[${index}].name`,
    (name) => `group "${name}" is named twice`,
  );
  if (sum <= gate.required) return groups;
  const message = `the groups ask for ${sum} approvals together, more than the ${gate.required} that are required; set it to at least ${sum}`;
  return [...groups, { field: `${field}.required`, message }];
}

/** In the first environment there is nothing before that could soak or be healthy. */
function checkFirst(gates: readonly Gate[], field: string): readonly DocumentProblem[] {
  return gates.flatMap((gate, at) => {
    const needsBefore = gate.type === 'soak' || (gate.type === 'health' && gate.environments === undefined);
    if (!needsBefore) return [];
    const message = `there is no environment before this one that a ${gate.type} gate could look at; remove it, or set after`;
    return [{ field: `${field}.gates.before[${at}]`, message }];
  });
}

function checkWaves(
  waves: PipelineEnvironment['rollout']['waves'],
  field: string,
): readonly DocumentProblem[] {
  const all = waves.findIndex(
    ({ selector, size }) => selector === undefined && (size === undefined || size === '100%'),
  );
  const starved =
    all < 0 || all === waves.length - 1
      ? []
      : [
          {
            field: `${field}.waves[${all + 1}]`,
            message: `wave "${waves[all]?.name}" takes all clusters that are left, so this one can never have any; give that one a size or a selector, or put this one before it`,
          },
        ];
  const twice = repeated(
    waves.map(({ name }) => name),
    (index) => `${field}.waves[${index}].name`,
    (name) => `wave "${name}" is named twice; give each its own name`,
  );
  return [...twice, ...starved];
}

/** Agents are heard of every few seconds: with less patience than that nobody would ever be there. */
function checkPatience(
  { offlineAfter }: PipelineEnvironment['rollout']['membership'],
  field: string,
): readonly DocumentProblem[] {
  if (durationMs(offlineAfter) >= leastPatienceMs) return [];
  const message = `every cluster would count as offline between two words of its agent; set it to at least ${leastPatienceMs / 1_000}s`;
  return [{ field: `${field}.offlineAfter`, message }];
}

function repeated(
  names: readonly string[],
  field: (index: number) => string,
  message: (name: string) => string,
): readonly DocumentProblem[] {
  return names.flatMap((name, index) =>
    names.indexOf(name) === index ? [] : [{ field: field(index), message: message(name) }],
  );
}
