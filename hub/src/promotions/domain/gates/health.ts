import type { GateStage, Promotion } from '../promotion.js';
import { promotedHere } from './soak.js';
import type { GateFacts, GateOf, HealthFact, Verdict } from './gate-facts.js';
import { someOf } from './gate-facts.js';

/** The environments that a health gate looks at: those that it names, else those before, or after: this one. */
export function healthEnvironments(
  gate: GateOf<'health'>,
  stage: GateStage,
  environment: string,
  predecessors: readonly string[],
): readonly string[] {
  return gate.environments ?? (stage === 'before' ? predecessors : [environment]);
}

/** Passes while every cluster of the environments that is heard of is ready on the release. */
export function healthVerdict(
  gate: GateOf<'health'>,
  stage: GateStage,
  promotion: Promotion,
  facts: GateFacts,
): Verdict {
  if (stage === 'before' && facts.promotedHereAt !== null && gate.environments === undefined)
    return promotedHere(facts.promotedHereAt);
  const predecessors = facts.predecessors.map(({ environment }) => environment);
  const names = healthEnvironments(gate, stage, promotion.environment, predecessors);
  if (names.length === 0) return { phase: 'pass', message: 'there is no environment before this one' };
  const verdicts = names.map((name) => environmentVerdict(name, stage, promotion, facts.health));
  return (
    verdicts.find(({ phase }) => phase === 'fail') ??
    verdicts.find(({ phase }) => phase === 'wait') ?? {
      phase: 'pass',
      message: verdicts.map(({ message }) => message).join('; '),
    }
  );
}

function environmentVerdict(
  name: string,
  stage: GateStage,
  { releaseName, releaseNumber }: Promotion,
  health: readonly HealthFact[],
): Verdict {
  const fact = health.find(({ environment }) => environment === name);
  if (!fact) return { phase: 'wait', message: `nothing is known of ${name}` };
  if (stage === 'before' && fact.current && fact.current.number > releaseNumber) {
    const message = `${name} has moved on to ${fact.current.name}, so its health says nothing about ${releaseName}`;
    return { phase: 'fail', message, superseded: true };
  }
  const silent = fact.silent.length > 0 ? `; not heard of, so not counted: ${someOf(fact.silent)}` : '';
  const total = fact.ready + fact.notReady.length;
  const message = `${fact.ready} of ${total} clusters of ${name} are ready on ${releaseName}${silent}`;
  if (total > 0 && fact.notReady.length === 0) return { phase: 'pass', message };
  const why = fact.notReady.map(({ cluster, why: reason }) => `${cluster}: ${reason}`);
  return { phase: 'wait', message: why.length > 0 ? `${message}; ${someOf(why)}` : message };
}
