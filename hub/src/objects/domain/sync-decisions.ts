/** What the hub holds of an agent's table. */
export interface HeldTable {
  /** Names the numbering; empty when the hub does not hold a whole table. */
  readonly tableId: string;
  readonly sequence: bigint;
  readonly hash: Uint8Array;
}

/** What an agent says of its table. */
export interface AgentTable {
  readonly tableId: string;
  readonly sequence: bigint;
  readonly hash: Uint8Array;
}

export type HelloDecision =
  /** The agent goes on after `acknowledged`. */
  | { readonly action: 'resume'; readonly acknowledged: bigint }
  /** A restarted agent with the same rows: its numbers count from now on. */
  | { readonly action: 'adopt'; readonly acknowledged: bigint }
  | { readonly action: 'snapshot'; readonly acknowledged: bigint; readonly reason: string };

/** How a session begins. */
export function decideHello(held: HeldTable, agent: AgentTable): HelloDecision {
  const same = sameHash(held.hash, agent.hash);
  if (held.tableId === '')
    return { action: 'snapshot', acknowledged: 0n, reason: 'the hub does not hold the table' };
  if (held.tableId !== agent.tableId) {
    if (same) return { action: 'adopt', acknowledged: agent.sequence };
    return { action: 'snapshot', acknowledged: 0n, reason: 'the hub holds another table' };
  }
  const { sequence: acknowledged } = held;
  if (agent.sequence < acknowledged) {
    return {
      action: 'snapshot',
      acknowledged,
      reason: `the hub holds number ${acknowledged}, the agent gave ${agent.sequence} last`,
    };
  }
  if (agent.sequence === acknowledged && !same)
    return { action: 'snapshot', acknowledged, reason: 'the table hashes differ' };
  return { action: 'resume', acknowledged };
}

/** Whether a delta is news: `known` repeats what is held, `unusable` builds on a table that the hub does not hold. */
export function decideDelta(held: HeldTable, sequence: bigint): 'apply' | 'known' | 'unusable' {
  if (held.tableId === '') return 'unusable';
  return sequence <= held.sequence ? 'known' : 'apply';
}

export type HeartbeatDecision =
  /** What the hub holds is true now. */
  | { readonly action: 'confirm' }
  /** The agent lives, and has changes that are not here yet: what the hub holds is not confirmed. */
  | { readonly action: 'alive' }
  | { readonly action: 'snapshot'; readonly reason: string };

/** What a heartbeat says about the table that the hub holds. */
export function decideHeartbeat(held: HeldTable, agent: Omit<AgentTable, 'tableId'>): HeartbeatDecision {
  if (held.tableId === '' || agent.sequence > held.sequence) return { action: 'alive' };
  if (agent.sequence < held.sequence) {
    return {
      action: 'snapshot',
      reason: `the hub holds number ${held.sequence}, the agent speaks of ${agent.sequence}`,
    };
  }
  return sameHash(held.hash, agent.hash)
    ? { action: 'confirm' }
    : { action: 'snapshot', reason: 'the table hashes differ' };
}

/** An empty hash stands for the empty table, whose hash is all zero. */
export function sameHash(left: Uint8Array, right: Uint8Array): boolean {
  const length = Math.max(left.length, right.length);
  for (let i = 0; i < length; i += 1) if ((left[i] ?? 0) !== (right[i] ?? 0)) return false;
  return true;
}
