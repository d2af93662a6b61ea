import type { Decision, PromotionEvent } from './events.js';
import { remember } from './gates/probe.js';
import { observed } from './observed.js';
import type { DeliveryState, GateState, Promotion } from './promotion.js';
import { isEnd, isWaiting } from './promotion-state.js';
import { rolloutSaid } from './rollout-said.js';
import { end, only, rollBack } from './steps.js';

/** The next state of a promotion, and what is to be done. Total: what does not fit the state changes nothing. */
export function decide(state: Promotion, event: PromotionEvent, now: Date): Decision {
  switch (event.type) {
    case 'observed':
      return observed(state, event.observation, now);
    case 'rollout':
      return rolloutSaid(state, event.news, now);
    case 'rejected':
      return rejected(state, event, now);
    case 'aborted':
      return aborted(state, event, now);
    case 'superseded':
      return isWaiting(state.state) ? only(end(state, 'Superseded', event.reason, now)) : only(state);
    case 'started':
      return only(state.state === 'RollingOut' ? { ...state, rolloutId: event.rolloutId } : state);
    case 'refused':
      return only(
        state.state === 'RollingOut' || state.state === 'RollingBack'
          ? end(state, 'Failed', event.reason, now)
          : state,
      );
    default:
      return only(noted(state, event, now));
  }
}

type Note = Extract<
  PromotionEvent,
  { type: 'approved' | 'prioritised' | 'answered' | 'delivered' | 'postponed' }
>;

/** What is kept and judged at the next look. */
function noted(state: Promotion, event: Note, now: Date): Promotion {
  if (event.type === 'delivered') return delivered(state, event.delivery);
  if (isEnd(state.state)) return state;
  switch (event.type) {
    case 'approved':
      return event.approval.releaseId === state.releaseId
        ? { ...state, approvals: [...state.approvals, event.approval] }
        : state;
    case 'prioritised':
      return isWaiting(state.state) ? { ...state, priority: 'hotfix' } : state;
    case 'answered':
      return { ...state, gates: state.gates.map((gate) => answered(gate, event, now)) };
    case 'postponed':
      return { ...state, waitingFor: event.reason, waitingUntil: null };
  }
}

/** Also of one that ended meanwhile: what was written has to be taken back. */
function delivered(state: Promotion, delivery: DeliveryState): Promotion {
  if (state.state === 'Delivering') return { ...state, delivery };
  return isEnd(state.state) && state.delivery?.phase === 'wait' ? { ...state, delivery } : state;
}

function answered(gate: GateState, event: Extract<Note, { type: 'answered' }>, now: Date): GateState {
  if (gate.stage !== event.stage || gate.name !== event.gate) return gate;
  return { ...gate, probe: remember(gate.probe, event.answer, now) };
}

function rejected(state: Promotion, { by, reason }: { by: string; reason: string }, now: Date): Decision {
  const text = `rejected by ${by}: ${reason}`;
  if (isWaiting(state.state)) return only(end(state, 'Aborted', text, now));
  if (state.state !== 'Verifying') return only(state);
  return state.onFailure === 'rollback' ? rollBack(state, text) : only(end(state, 'Aborted', text, now));
}

function aborted(state: Promotion, { by, reason }: { by: string; reason: string }, now: Date): Decision {
  const text = `aborted by ${by}: ${reason}`;
  if (isWaiting(state.state) || state.state === 'Verifying') return only(end(state, 'Aborted', text, now));
  if (state.state !== 'RollingOut' || state.wish !== null) return only(state);
  return {
    state: { ...state, wish: { end: 'Aborted', reason: text }, waitingFor: 'the rollout stops' },
    actions: [{ type: 'command', command: 'abort', reason: text }],
  };
}
