import type { DocumentProblem } from '@flotilla/common/fleet-api/document';
import type { PipelineSpec } from '@flotilla/common/fleet-api/pipeline';
import { predecessors } from './order.js';

type Stage = 'before' | 'after';

/** An environment that a health gate of another one (or of itself) names. */
interface Look {
  readonly from: string;
  readonly stage: Stage;
  readonly at: string;
  readonly field: string;
}

/**
 * Health gates that look at an environment which cannot have the release until they have passed: with `after` they make
 * a cycle, in which every release would wait for ever.
 */
export function checkHealthGates(spec: PipelineSpec): readonly DocumentProblem[] {
  const looks = looksOf(spec);
  return looks.flatMap((look) => {
    const cycle = wayFrom(spec, looks, look.at, look);
    if (cycle === null) return [];
    const path = [look.from, ...cycle].map((name) => `"${name}"`).join(' waits for ');
    const message = `is a cycle: ${path}; no release could ever pass this gate; take "${look.at}" out`;
    return [{ field: look.field, message }];
  });
}

/** Clusters that follow their ref have a commit whether or not the pipeline has come to them. */
function looksOf({ environments }: PipelineSpec): readonly Look[] {
  const moved = new Set(environments.filter(({ delivery }) => delivery !== 'follow').map(({ name }) => name));
  return environments.flatMap(({ name: from, gates }, index) =>
    (['before', 'after'] as const).flatMap((stage) =>
      gates[stage].flatMap((gate, position) => {
        const named = gate.type === 'health' ? (gate.environments ?? []) : [];
        return named.flatMap((at, number) => {
          const isOwn = stage === 'after' && at === from;
          const field = `spec.environments[${index}].gates.${stage}[${position}].environments[${number}]`;
          return moved.has(at) && !isOwn ? [{ from, stage, at, field }] : [];
        });
      }),
    ),
  );
}

/**
 * For whom an environment waits, one after the other, until it is the one with the gate; null where it does not. Before
 * its rollout it needs what its gates before name, and the promotion of those before it: that needs their gates after.
 */
function wayFrom(
  spec: PipelineSpec,
  looks: readonly Look[],
  start: string,
  { from: goal, stage }: Look,
): readonly string[] | null {
  const seen = new Set<string>();
  const visit = (name: string, step: Stage): readonly string[] | null => {
    if (name === goal && (step === stage || step === 'after')) return [name];
    if (seen.has(`${step} ${name}`)) return null;
    seen.add(`${step} ${name}`);
    const index = spec.environments.findIndex((one) => one.name === name);
    const named = looks.filter((one) => one.from === name && (one.stage === 'before' || step === 'after'));
    const needed = [
      ...predecessors(spec, index).map((before) => [before, 'after'] as const),
      ...named.map(({ at }) => [at, 'before'] as const),
    ];
    for (const [next, until] of needed) {
      const rest = visit(next, until);
      if (rest) return [name, ...rest];
    }
    return null;
  };
  return visit(start, 'before');
}
