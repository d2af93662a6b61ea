import { planOwners } from './plan-owners.js';
import type { ShardTable } from './shard-table.js';

export interface ShardTiming {
  /** How long others wait for a member that is silent. */
  readonly leaseMs: number;
  /** How long a member that cannot renew goes on; shorter than the lease, or two would work at the same time. */
  readonly renewDeadlineMs: number;
  /** Time between two renewals. */
  readonly renewMs: number;
}

/** What one replica knows. All times are those of its own monotonic clock. */
export interface MemberState {
  readonly id: string;
  readonly shards: number;
  readonly timing: ShardTiming;
  /** Others, by what they looked like last and since when they have looked like that. */
  readonly seen: Readonly<Record<string, Sighting>>;
  /** Until when the member may count on what it owns; undefined = it owns nothing. */
  readonly validUntil: number | undefined;
  /**
   * Counts readings. Only the answer to the write of the last one is heard: an older one may speak of what has been
   * given away since. It is also what moves in the table, and so never says the same twice.
   */
  readonly round: number;
  readonly owned: ReadonlySet<number>;
  /** Owned shards that somebody else is to have: nothing new is begun in them. */
  readonly draining: ReadonlySet<number>;
  /** Draining shards in which nothing runs any more. */
  readonly drained: ReadonlySet<number>;
  /** Work of a lapsed membership has not ended yet. */
  readonly lingering: boolean;
  readonly leaving: boolean;
}

interface Sighting {
  readonly mark: string;
  readonly since: number;
}

/** The table as it was read: `foreign` is anything that this member cannot take part in. */
export type TableReading =
  | { readonly type: 'missing' }
  | { readonly type: 'table'; readonly table: ShardTable }
  | { readonly type: 'foreign'; readonly mark: string; readonly deserted: boolean };

export type MemberEvent =
  | { readonly type: 'read'; readonly reading: TableReading }
  /** The write of this round has replaced the table; `startedAt` is before the request was sent. */
  | {
      readonly type: 'written';
      readonly round: number;
      readonly table: ShardTable;
      readonly startedAt: number;
    }
  | { readonly type: 'drained'; readonly shard: number }
  /** No work of a lapsed membership runs any more. */
  | { readonly type: 'idle' }
  | { readonly type: 'leave' }
  | { readonly type: 'tick' };

export type MemberAction =
  /** Replace what was read, if it is still there. */
  | { readonly type: 'write'; readonly table: ShardTable }
  /** Work on the objects of the shard. */
  | { readonly type: 'open'; readonly shard: number }
  /** Begin nothing new in the shard, and tell when nothing runs in it any more. */
  | { readonly type: 'drain'; readonly shard: number }
  /** The shard is somebody else's now. */
  | { readonly type: 'close'; readonly shard: number }
  /** Stop all work at once, finished or not; tell when it has ended. */
  | { readonly type: 'abandon' }
  | { readonly type: 'left' };

export interface Decision {
  readonly state: MemberState;
  readonly actions: readonly MemberAction[];
}

export function newMember(id: string, shards: number, timing: ShardTiming): MemberState {
  const none: ReadonlySet<number> = new Set();
  return {
    id,
    shards,
    timing,
    seen: {},
    validUntil: undefined,
    round: 0,
    owned: none,
    draining: none,
    drained: none,
    lingering: false,
    leaving: false,
  };
}

/**
 * One step of a member. Safe by two rules: a member that has not renewed for `renewDeadline` stops by itself, and a
 * shard is taken from another only when that one has stood still for a whole lease, in a write that fails if it has
 * moved meanwhile. docs/adr/0003 has the protocol and why it holds.
 */
export function decide(before: MemberState, event: MemberEvent, now: number): Decision {
  const lapsed = hasLapsed(before, now) ? lapse(before) : { state: before, actions: [] };
  const { state, actions } = handle(lapsed.state, event, now);
  return { state, actions: [...lapsed.actions, ...actions] };
}

/** When something is to be done although nothing happens: a renewal, the own deadline, or the end of another's lease. */
export function nextWakeMs(state: MemberState, now: number): number {
  const ends = Object.values(state.seen).map(({ since }) => since + state.timing.leaseMs - now);
  const own = state.validUntil === undefined ? [] : [state.validUntil - now];
  const due = [...ends, ...own].filter((ms) => ms > 0);
  return Math.min(state.timing.renewMs, ...due);
}

function handle(state: MemberState, event: MemberEvent, now: number): Decision {
  switch (event.type) {
    case 'read': {
      const next = { ...state, round: state.round + 1 };
      return state.lingering ? { state: next, actions: [] } : read(next, event.reading, now);
    }
    case 'written':
      if (state.lingering || event.round !== state.round) return { state, actions: [] };
      return written(state, event.table, event.startedAt, now);
    case 'drained': {
      if (!state.draining.has(event.shard)) return { state, actions: [] };
      return { state: { ...state, drained: new Set([...state.drained, event.shard]) }, actions: [] };
    }
    case 'idle':
      return { state: { ...state, lingering: false }, actions: [] };
    case 'leave':
      return { state: { ...state, leaving: true }, actions: [] };
    case 'tick':
      return { state, actions: [] };
  }
}

function hasLapsed(state: MemberState, now: number): boolean {
  return state.validUntil !== undefined && now >= state.validUntil;
}

/** Nothing is known any more but who the others are. */
function lapse(state: MemberState): Decision {
  const fresh = newMember(state.id, state.shards, state.timing);
  const { seen, leaving, round } = state;
  return { state: { ...fresh, seen, leaving, round, lingering: true }, actions: [{ type: 'abandon' }] };
}

function read(state: MemberState, reading: TableReading, now: number): Decision {
  const isMember = state.validUntil !== undefined;
  const isKnown = reading.type === 'table' && Object.hasOwn(reading.table.members, state.id);
  // Somebody has thrown us out, or the record away: others may be at work already.
  if (isMember && !isKnown) return lapse(state);
  if (state.leaving && !isKnown) return { state, actions: [{ type: 'left' }] };
  switch (reading.type) {
    case 'missing':
      return { state, actions: [{ type: 'write', table: foundedBy(state) }] };
    case 'foreign':
      return readForeign(state, reading.mark, reading.deserted, now);
    case 'table':
      return readTable(state, reading.table, now);
  }
}

/** A table of another layout is replaced when none of its members can be alive. */
function readForeign(state: MemberState, mark: string, deserted: boolean, now: number): Decision {
  const sighting = sight(state.seen['']?.mark === mark ? state.seen[''] : undefined, mark, now);
  if (!deserted && now - sighting.since < state.timing.leaseMs)
    return { state: { ...state, seen: { '': sighting } }, actions: [] };
  return { state: { ...state, seen: {} }, actions: [{ type: 'write', table: foundedBy(state) }] };
}

function readTable(state: MemberState, table: ShardTable, now: number): Decision {
  const { id, timing } = state;
  const seen = Object.fromEntries(
    Object.entries(table.members)
      .filter(([member]) => member !== id)
      .map(([member, beat]) => [member, sight(state.seen[member], String(beat), now)]),
  );
  const others = Object.keys(seen).filter((member) => now - seen[member]!.since < timing.leaseMs);
  const present = new Set([...others, id]);
  const owners = table.owners.map((owner) => (owner !== null && present.has(owner) ? owner : null));
  const plan = planOwners(state.leaving ? others : [...present], owners);
  const moved = moveShards({ ...state, seen }, owners, plan);
  const keepsSeat = !state.leaving || moved.owners.includes(id);
  const members = Object.fromEntries(others.map((member) => [member, table.members[member] ?? 0]));
  if (keepsSeat) members[id] = state.round;
  return {
    state: moved.state,
    actions: [
      ...moved.actions,
      { type: 'write', table: { shards: state.shards, members, owners: moved.owners } },
    ],
  };
}

interface Move extends Decision {
  readonly owners: ReadonlyArray<string | null>;
}

/** Takes what is free and planned for us, gives away what has come to rest, and begins to drain what is to go. */
function moveShards(state: MemberState, owners: ShardTable['owners'], plan: ShardTable['owners']): Move {
  const draining = new Set(state.draining);
  const drained = new Set(state.drained);
  const actions: MemberAction[] = [];
  const next = owners.map((owner, shard) => {
    const target = plan[shard] ?? null;
    if (owner === null) return target === state.id ? state.id : null;
    if (owner !== state.id) return owner;
    if (target === state.id) {
      // Whoever was to have it has gone. What rests is opened again; what still drains comes to rest first.
      if (drained.delete(shard)) draining.delete(shard);
      return state.id;
    }
    if (!state.owned.has(shard) || drained.has(shard)) return target;
    if (!draining.has(shard)) {
      draining.add(shard);
      actions.push({ type: 'drain', shard });
    }
    return state.id;
  });
  // What comes back from draining has been closed to new work: it counts as new.
  const owned = new Set(
    [...state.owned].filter((shard) => !(state.draining.has(shard) && !draining.has(shard))),
  );
  return { state: { ...state, owned, draining, drained }, actions, owners: next };
}

function written(state: MemberState, table: ShardTable, startedAt: number, now: number): Decision {
  if (!Object.hasOwn(table.members, state.id)) {
    const gone: MemberState = { ...newMember(state.id, state.shards, state.timing), leaving: state.leaving };
    const closes = [...state.owned].map((shard) => ({ type: 'close' as const, shard }));
    return { state: gone, actions: [...closes, { type: 'left' }] };
  }
  const owned = new Set(table.owners.flatMap((owner, shard) => (owner === state.id ? [shard] : [])));
  const keep = (shards: ReadonlySet<number>) => new Set([...shards].filter((shard) => owned.has(shard)));
  const actions: MemberAction[] = [
    ...[...state.owned]
      .filter((shard) => !owned.has(shard))
      .map((shard) => ({ type: 'close' as const, shard })),
    ...[...owned]
      .filter((shard) => !state.owned.has(shard))
      .map((shard) => ({ type: 'open' as const, shard })),
  ];
  const next: MemberState = {
    ...state,
    owned,
    draining: keep(state.draining),
    drained: keep(state.drained),
    validUntil: startedAt + state.timing.renewDeadlineMs,
  };
  // An answer that came too late opens nothing.
  return hasLapsed(next, now) ? lapse({ ...next, owned: state.owned }) : { state: next, actions };
}

/** The first one owns everything until others come. */
function foundedBy({ id, shards, round }: MemberState): ShardTable {
  return { shards, members: { [id]: round }, owners: Array.from({ length: shards }, () => id) };
}

function sight(before: Sighting | undefined, mark: string, now: number): Sighting {
  return before?.mark === mark ? before : { mark, since: now };
}
