import type { Gate } from '@flotilla/common/fleet-api/gates';
import { gateName } from '@flotilla/common/fleet-api/gates';
import type { GateStage, GateState, Promotion } from '../promotion.js';
import { windowAt } from '../time/window.js';
import { approvalVerdict } from './approval.js';
import type { GateFacts, GateOf, Verdict } from './gate-facts.js';
import { healthVerdict } from './health.js';
import type { ProbeGate } from './probe.js';
import { probeVerdict } from './probe.js';
import { soakVerdict } from './soak.js';

/** A gate and what it says now. */
export interface EvaluatedGate {
  readonly gate: Gate;
  readonly state: GateState;
  readonly superseded: boolean;
}

/** The gates of a stage; before a rollout there is always one for freezes. */
export function gatesOf(stage: GateStage, gates: readonly Gate[]): readonly Gate[] {
  if (stage === 'after' || gates.some(({ type }) => type === 'freeze')) return gates;
  const taken = gates.some((gate) => gateName(gate) === 'freeze');
  return [...gates, { type: 'freeze', ...(taken ? { name: 'freeze-always' } : {}) }];
}

export function isProbe(gate: Gate): gate is ProbeGate {
  return gate.type === 'webhook' || gate.type === 'prometheus' || gate.type === 'commitStatus';
}

/** Asks every gate of a stage, in order. */
export function evaluateGates(
  stage: GateStage,
  gates: readonly Gate[],
  promotion: Promotion,
  facts: GateFacts,
  now: Date,
): readonly EvaluatedGate[] {
  return gatesOf(stage, gates).map((gate) => {
    const name = gateName(gate);
    const known = promotion.gates.find((state) => state.stage === stage && state.name === name);
    const probe = isProbe(gate) && known?.type === gate.type ? known.probe : null;
    const {
      phase,
      message,
      until = null,
      superseded = false,
    } = verdictOf(gate, stage, promotion, facts, probe, now);
    return { gate, superseded, state: { stage, name, type: gate.type, phase, message, until, probe } };
  });
}

function verdictOf(
  gate: Gate,
  stage: GateStage,
  promotion: Promotion,
  facts: GateFacts,
  probe: GateState['probe'],
  now: Date,
): Verdict {
  switch (gate.type) {
    case 'soak':
      return soakVerdict(gate, stage, promotion, facts, now);
    case 'health':
      return healthVerdict(gate, stage, promotion, facts);
    case 'approval':
      return approvalVerdict(gate, stage, promotion);
    case 'window':
      return windowVerdict(gate, now);
    case 'freeze':
      return freezeVerdict(facts);
    default:
      return probeVerdict(gate, probe, now);
  }
}

function windowVerdict({ timeZone, periods }: GateOf<'window'>, now: Date): Verdict {
  const { open, changesAt } = windowAt(timeZone, periods, now);
  if (open) {
    const closes = changesAt ? `open until ${changesAt.toISOString()}` : 'always open';
    return { phase: 'pass', message: `${closes} (${timeZone})`, until: changesAt };
  }
  const opens = changesAt ? `opens at ${changesAt.toISOString()}` : 'never opens';
  return { phase: 'wait', message: `${opens} (${timeZone})`, until: changesAt };
}

function freezeVerdict({ freezes, breakGlass }: GateFacts): Verdict {
  if (freezes.length === 0) return { phase: 'pass', message: 'nothing is frozen' };
  const message = freezes
    .map(({ name, reason, until }) => `freeze ${name} until ${until.toISOString()}: ${reason}`)
    .join('; ');
  if (breakGlass) return { phase: 'pass', message: `passes by break-glass; ${message}` };
  const last = new Date(Math.max(...freezes.map((freeze) => freeze.until.getTime())));
  return { phase: 'wait', message, until: last };
}
