import { durationMs } from '@flotilla/common/fleet-api/fields';
import type { ProbeMemory } from '../promotion.js';
import type { GateOf, Verdict } from './gate-facts.js';

export type ProbeGate = GateOf<'webhook' | 'prometheus' | 'commitStatus'>;

/** Questions follow each other at least so far apart, whatever the gate says. */
const shortestIntervalMs = 1_000;

/** What the outside said last; a gate that does not pass within its timeout fails. */
export function probeVerdict({ timeout }: ProbeGate, memory: ProbeMemory | null, now: Date): Verdict {
  if (memory === null) return { phase: 'wait', message: 'has not been asked yet' };
  const { phase, message, until, undecidedSince } = memory;
  const deadline = undecidedSince && new Date(undecidedSince.getTime() + durationMs(timeout));
  if (phase === 'wait' && deadline && now >= deadline)
    return { phase: 'fail', message: `no answer that lets it pass within ${timeout}: ${message}` };
  return { phase, message, until };
}

/** When the outside is to be asked next; null: not again by itself (a pass is asked again right before the start). */
export function nextQuestionAt({ interval }: ProbeGate, memory: ProbeMemory | null, now: Date): Date | null {
  if (memory === null) return now;
  if (memory.phase !== 'wait') return null;
  // A clock that was put back says nothing about when the answer came.
  if (memory.askedAt > now) return now;
  return new Date(memory.askedAt.getTime() + Math.max(shortestIntervalMs, durationMs(interval)));
}

/** Whether a pass is so old that it has to be said again before the rollout starts. */
export function isStale({ interval }: ProbeGate, memory: ProbeMemory | null, now: Date): boolean {
  if (memory === null) return true;
  return (
    Math.abs(now.getTime() - memory.askedAt.getTime()) > Math.max(shortestIntervalMs, durationMs(interval))
  );
}

/** Takes over an answer. */
export function remember(
  before: ProbeMemory | null,
  answer: Pick<ProbeMemory, 'phase' | 'message' | 'until' | 'memory'>,
  now: Date,
): ProbeMemory {
  const undecidedSince = answer.phase === 'pass' ? null : (before?.undecidedSince ?? now);
  return { ...answer, askedFirstAt: before?.askedFirstAt ?? now, askedAt: now, undecidedSince };
}
