import { formatRef } from '@flotilla/common/kube/object';
import { nameOf, type Run } from '../run.js';
import type { Fight } from '../state/correction-pace.js';

/** Objects that one message names. */
const named = 20;

/**
 * Says in a condition that somebody else writes fields of this Kustomization again and again. It stands beside
 * Ready, which tells of the last reconcile alone, and goes when the other side has kept quiet.
 */
export function reportFights(run: Run): void {
  const { pace, clock } = run.deps;
  const fights = pace.fights(nameOf(run.object), clock.monotonic());
  if (fights.length === 0) run.status.remove('Contested');
  else run.status.mark('Contested', 'True', 'FieldFight', messageOf(fights));
}

function messageOf(fights: readonly Fight[]): string {
  const lines = fights.slice(0, named).map(describe);
  const more = fights.length > named ? [`and ${fights.length - named} more objects`] : [];
  const remedy =
    'corrections are slowed down: take the field out of Git, or stop the other writer, or let it be ignored by spec.ignore';
  return [...lines, ...more, remedy].join('\n');
}

function describe({ ref, drift }: Fight): string {
  const object = formatRef(ref);
  if (drift.length === 0) return `${object} is deleted again and again`;
  const fields = drift.map(({ path, manager }) => `${path}${manager ? ` by ${manager}` : ''}`);
  return `${object} is changed again and again: ${fields.join(', ')}`;
}
