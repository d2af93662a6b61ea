import type { Decision, Observation, PromotionAction, Setup } from './events.js';
import type { EvaluatedGate } from './gates/evaluate.js';
import { evaluateGates, isProbe } from './gates/evaluate.js';
import { isStale, nextQuestionAt } from './gates/probe.js';
import type { DeliveryState, GateStage, Promotion } from './promotion.js';
import { isWaiting } from './promotion-state.js';
import { end, move, only, rollBack } from './steps.js';

/** Git is asked again after so long where it does not say when. */
const deliveryIntervalMs = 30_000;

const notWritten: DeliveryState = {
  phase: 'wait',
  message: 'Git is written',
  until: null,
  askedAt: null,
  revisions: [],
  memory: null,
};

/** One look at everything. Goes as many steps as it can. */
export function observed(promotion: Promotion, observation: Observation, now: Date): Decision {
  if (isWaiting(promotion.state)) return waiting(promotion, observation, now);
  if (promotion.state === 'Verifying') return verifying(promotion, observation, now);
  return only(promotion);
}

function waiting(promotion: Promotion, observation: Observation, now: Date): Decision {
  const { setup, vetoed, outrun, turn, behind } = observation;
  const { pipeline, environment, releaseName } = promotion;
  if (setup === null) {
    const reason = `${environment} is no environment of pipeline ${pipeline} any more`;
    return only(end(promotion, 'Aborted', reason, now));
  }
  if (vetoed !== '') return only(end(promotion, 'Failed', `${releaseName} is vetoed: ${vetoed}`, now));
  if (outrun !== '') return only(end(promotion, 'Superseded', outrun, now));
  if (promotion.state === 'Delivering')
    return setup.delivery === 'git'
      ? delivering(promotion, setup, observation, now)
      : goOn(move(promotion, 'Gating'), setup, observation, now);
  if (!turn) return only({ ...move(promotion, 'Queued'), waitingFor: behind, waitingUntil: null });
  return gating(move(promotion, 'Gating'), setup, observation, now);
}

function gating(promotion: Promotion, setup: Setup, observation: Observation, now: Date): Decision {
  const gates = evaluateGates('before', setup.before, promotion, observation.facts, now);
  const judged = withGates(promotion, 'before', gates);
  const failed = gates.find(({ state }) => state.phase === 'fail');
  if (failed) {
    const reason = `gate ${failed.state.name}: ${failed.state.message}`;
    return only(end(judged, failed.superseded ? 'Superseded' : 'Failed', reason, now));
  }
  const open = gates.every(({ state }) => state.phase === 'pass');
  // What the outside said long ago is asked once more right before the rollout.
  const questions = gates.filter(({ gate, state }) => {
    if (!isProbe(gate)) return false;
    const at = nextQuestionAt(gate, state.probe, now);
    return (at !== null && at <= now) || (open && isStale(gate, state.probe, now));
  });
  const asks = questions.map(({ state }) => ({ type: 'ask', stage: 'before', gate: state.name }) as const);
  if (!open || asks.length > 0) return waitFor(judged, gates, asks, now);
  const [obstacle] = observation.obstacles;
  if (obstacle !== undefined) return only({ ...judged, waitingFor: obstacle, waitingUntil: null });
  if (setup.delivery === 'git' && judged.delivery?.phase !== 'done')
    return delivering({ ...move(judged, 'Delivering'), delivery: notWritten }, setup, observation, now);
  const started: Promotion = {
    ...move(judged, 'RollingOut'),
    // What was written before the pipeline stopped to deliver by Git is not what moves.
    delivery: setup.delivery === 'git' || judged.delivery?.phase === 'wait' ? judged.delivery : null,
    onFailure: setup.onFailure,
    startedAt: now,
    waitingFor: 'the rollout',
    waitingUntil: null,
  };
  return { state: started, actions: [{ type: 'start' }] };
}

function delivering(promotion: Promotion, setup: Setup, observation: Observation, now: Date): Decision {
  const { delivery } = promotion;
  if (delivery?.phase === 'fail') return only(end(promotion, 'Failed', delivery.message, now));
  if (delivery?.phase === 'done') return goOn(move(promotion, 'Gating'), setup, observation, now);
  const { message, until, askedAt } = delivery ?? notWritten;
  const state: Promotion = { ...promotion, waitingFor: message, waitingUntil: until };
  const at = nextLook(askedAt, until, now);
  return { state, actions: at === null || at <= now ? [{ type: 'deliver' }] : [{ type: 'wake', at }] };
}

/** Nothing is left to write: its gates are asked once more, unless something else goes first by now. */
function goOn(promotion: Promotion, setup: Setup, observation: Observation, now: Date): Decision {
  if (observation.turn) return gating(promotion, setup, observation, now);
  return only({ ...move(promotion, 'Queued'), waitingFor: observation.behind, waitingUntil: null });
}

/** A time that is told is taken, within reason. */
function nextLook(askedAt: Date | null, until: Date | null, now: Date): Date | null {
  if (askedAt === null || askedAt > now) return null;
  const usual = new Date(askedAt.getTime() + deliveryIntervalMs);
  return until !== null && until > askedAt && until < usual ? until : usual;
}

function verifying(promotion: Promotion, { setup, facts, vetoed }: Observation, now: Date): Decision {
  if (vetoed !== '') return giveUp(promotion, `${promotion.releaseName} is vetoed: ${vetoed}`, now);
  // Gone from the pipeline: what was asked for when it began cannot be asked any more.
  const gates = evaluateGates('after', setup?.after ?? [], promotion, facts, now);
  const judged = withGates(promotion, 'after', gates);
  const failed = gates.find(({ state }) => state.phase === 'fail');
  if (failed) {
    const reason = `gate ${failed.state.name} after the rollout: ${failed.state.message}`;
    return giveUp(judged, reason, now);
  }
  const asks = gates.flatMap(({ gate, state }): PromotionAction[] => {
    const at = isProbe(gate) ? nextQuestionAt(gate, state.probe, now) : null;
    return at !== null && at <= now ? [{ type: 'ask', stage: 'after', gate: state.name }] : [];
  });
  if (gates.every(({ state }) => state.phase === 'pass'))
    return only(end(judged, 'Promoted', `${judged.releaseName} is in ${judged.environment}`, now));
  return waitFor(judged, gates, asks, now);
}

/** What its rollout brought does not stay. */
function giveUp(promotion: Promotion, reason: string, now: Date): Decision {
  return promotion.onFailure === 'rollback'
    ? rollBack(promotion, reason)
    : only(end(promotion, 'Failed', reason, now));
}

/** Says for what it waits; the time is the earliest at which it can go on, as far as that is known. */
function waitFor(
  promotion: Promotion,
  gates: readonly EvaluatedGate[],
  asks: readonly PromotionAction[],
  now: Date,
): Decision {
  const shut = gates.filter(({ state }) => state.phase === 'wait').map(({ state }) => state);
  const times = shut.flatMap(({ until }) => (until && until > now ? [until] : []));
  const latest = times.length > 0 ? new Date(Math.max(...times.map((time) => time.getTime()))) : null;
  const waitingFor =
    shut.map(({ name, message }) => `${name}: ${message}`).join('; ') || 'gates are asked once more';
  const wakes = [...times, ...gates.flatMap(({ gate, state }) => questionTimes(gate, state, now))];
  const soonest = wakes.length > 0 ? new Date(Math.min(...wakes.map((time) => time.getTime()))) : null;
  return {
    state: { ...promotion, waitingFor, waitingUntil: latest },
    actions: [...asks, ...(soonest ? [{ type: 'wake', at: soonest } as const] : [])],
  };
}

function questionTimes(
  gate: EvaluatedGate['gate'],
  { probe }: EvaluatedGate['state'],
  now: Date,
): readonly Date[] {
  const at = isProbe(gate) ? nextQuestionAt(gate, probe, now) : null;
  return at !== null && at > now ? [at] : [];
}

function withGates(promotion: Promotion, stage: GateStage, gates: readonly EvaluatedGate[]): Promotion {
  const others = promotion.gates.filter((gate) => gate.stage !== stage);
  const states = gates.map(({ state }) => state);
  return { ...promotion, gates: stage === 'before' ? [...states, ...others] : [...others, ...states] };
}
