/**
 * Two processes with one identity: is the one that has the session still alive (then they are clones), or is it
 * only a connection whose other end is gone (then the newcomer is its successor)?
 */
export interface Contest {
  /** When the old session was heard last, as far as that is settled; undefined until the grace time is over. */
  readonly reference: number | null | undefined;
  /** How often the old session was heard after that. */
  readonly signsOfLife: number;
  readonly deadlineMs: number;
}

/** What is seen of the old session. */
export interface Sighting {
  /** Since the contest began. */
  readonly elapsedMs: number;
  /** False when it has ended or another one has taken its place. */
  readonly present: boolean;
  readonly heardAt: number | null;
}

export type ContestVerdict =
  | { readonly verdict: 'wait'; readonly contest: Contest }
  /** The old one is gone, or silent for longer than a living one may be. */
  | { readonly verdict: 'take over' }
  | { readonly verdict: 'clone' };

/** What was on its way when the newcomer dialled is no sign of life. */
const graceOfHeartbeat = 0.3;
/** A living agent says something every heartbeat. */
const patienceOfHeartbeat = 1.6;
/** One message might have been late; a process that speaks twice lives. */
const proof = 2;

export function beginContest(heartbeatMs: number): Contest {
  return { reference: undefined, signsOfLife: 0, deadlineMs: heartbeatMs * patienceOfHeartbeat };
}

export function judgeContest(
  contest: Contest,
  { elapsedMs, present, heardAt }: Sighting,
  heartbeatMs: number,
): ContestVerdict {
  if (!present) return { verdict: 'take over' };
  if (contest.reference === undefined) {
    const settled = elapsedMs >= heartbeatMs * graceOfHeartbeat;
    return { verdict: 'wait', contest: settled ? { ...contest, reference: heardAt } : contest };
  }
  if (heardAt !== contest.reference) {
    const signsOfLife = contest.signsOfLife + 1;
    if (signsOfLife >= proof) return { verdict: 'clone' };
    const deadlineMs = elapsedMs + heartbeatMs * patienceOfHeartbeat;
    return { verdict: 'wait', contest: { reference: heardAt, signsOfLife, deadlineMs } };
  }
  return elapsedMs >= contest.deadlineMs ? { verdict: 'take over' } : { verdict: 'wait', contest };
}
