import type { Tone } from '../../output/paint.js';
import type { Cell } from '../../output/table.js';

const tones: Readonly<Record<string, Tone>> = {
  Promoted: 'good',
  Succeeded: 'good',
  Done: 'good',
  Failed: 'bad',
  Aborted: 'warning',
  RollingBack: 'warning',
  RolledBack: 'warning',
  Paused: 'warning',
  Deferred: 'warning',
  Superseded: 'faint',
  Dropped: 'faint',
  Skipped: 'faint',
};

/** State of a promotion, a rollout, a wave or a cluster of it. Green is only what has come to its good end. */
export function stateCell(state: string): Cell {
  return { text: state, tone: tones[state] ?? 'plain' };
}

const phases: Readonly<Record<string, Tone>> = { pass: 'good', wait: 'warning', fail: 'bad' };

export function phaseCell(phase: string): Cell {
  return { text: phase, tone: phases[phase] ?? 'plain' };
}
