import { durationMs } from '@flotilla/common/fleet-api/fields';

/** What is remembered from question to question of a condition that has to hold for some time. */
export interface Held {
  /** When it was seen to hold first, without a question since that said otherwise. */
  readonly since: Date;
  readonly seenAt: Date;
}

/** Questions may come so many intervals apart, and nobody has been asked in between. */
const missedQuestions = 3;
const shortestGapMs = 60_000;

/**
 * Since when a condition that holds now has held. A question that was not answered, and a gap between two questions
 * that is much longer than the interval (a hub that was away), are a break: nobody knows what was.
 */
export function heldSince(
  memory: Readonly<Record<string, unknown>> | null,
  interval: string,
  now: Date,
): Held {
  const before = readHeld(memory);
  const most = Math.max(shortestGapMs, missedQuestions * durationMs(interval));
  const unbroken = before !== null && now.getTime() - before.seenAt.getTime() <= most;
  return { since: unbroken ? before.since : now, seenAt: now };
}

/** As it is given to whoever keeps it. */
export function writeHeld({ since, seenAt }: Held): Readonly<Record<string, unknown>> {
  return { since: since.toISOString(), seenAt: seenAt.toISOString() };
}

function readHeld(memory: Readonly<Record<string, unknown>> | null): Held | null {
  const [since, seenAt] = [memory?.['since'], memory?.['seenAt']].map((text) => new Date(String(text)));
  if (!since || !seenAt || Number.isNaN(since.getTime()) || Number.isNaN(seenAt.getTime())) return null;
  return { since, seenAt };
}
