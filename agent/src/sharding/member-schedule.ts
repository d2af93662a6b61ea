// A world for members: one record with compare-and-swap, a network that delays and loses, processes that stand still,
// die and come back, clocks that do not agree. Every step is drawn from a seed.
import {
  decide,
  newMember,
  nextWakeMs,
  type MemberEvent,
  type MemberState,
  type TableReading,
} from './member-state.js';
import type { ShardTable } from './shard-table.js';

export const timing = { leaseMs: 9_000, renewDeadlineMs: 6_000, renewMs: 2_000 };

/** A piece of work that really did something at these times. */
export interface Work {
  readonly shard: number;
  readonly member: string;
  readonly startedAt: number;
  lastActAt: number;
  finished: boolean;
}

export interface World {
  readonly random: () => number;
  now: number;
  record: { readonly version: number; readonly table: ShardTable } | undefined;
  readonly works: Work[];
  readonly agenda: Array<{ readonly at: number; readonly run: () => void }>;
}

export function newWorld(seed: number): World {
  return { random: mulberry(seed), now: 0, record: undefined, works: [], agenda: [] };
}

/** Runs what is due until a time. */
export function runWorld(world: World, until: number): void {
  for (;;) {
    const next = world.agenda.reduce<number>(
      (best, { at }, index) => (best < 0 || at < world.agenda[best]!.at ? index : best),
      -1,
    );
    const due = world.agenda[next];
    if (!due || due.at > until) break;
    world.agenda.splice(next, 1);
    world.now = Math.max(world.now, due.at);
    due.run();
  }
  world.now = until;
}

/** One replica in the world. */
export class Replica {
  state: MemberState;
  readonly #open = new Set<number>();
  #running: Array<{ work: Work; allowed: boolean }> = [];
  #alive = true;
  #pausedUntil = 0;
  #rounds = 0;
  readonly #clockOffset: number;
  left = false;
  isLeaving = false;

  constructor(
    readonly world: World,
    readonly id: string,
    shards: number,
  ) {
    this.state = newMember(id, shards, timing);
    this.#clockOffset = Math.floor(world.random() * 1e6);
    this.#later(0, () => this.#round());
    this.#later(0, () => this.#beginWork());
  }

  get running(): boolean {
    return this.#alive && !this.left;
  }

  kill(): void {
    this.#alive = false;
  }

  /** The process stands still; its clock does not. */
  pause(ms: number): void {
    this.#pausedUntil = this.world.now + ms;
  }

  leave(): void {
    this.isLeaving = true;
    this.#later(0, () => this.#tell({ type: 'leave' }));
  }

  mayWork(shard: number): boolean {
    const { validUntil } = this.state;
    return this.#open.has(shard) && validUntil !== undefined && this.#clock() < validUntil;
  }

  #clock(): number {
    return this.world.now + this.#clockOffset;
  }

  /** Runs after a time, or when the process goes on again. */
  #later(ms: number, run: () => void): void {
    const attempt = (): void => {
      if (!this.#alive) return;
      if (this.world.now < this.#pausedUntil) this.world.agenda.push({ at: this.#pausedUntil, run: attempt });
      else run();
    };
    this.world.agenda.push({ at: this.world.now + ms, run: attempt });
  }

  #latency(): number {
    const { random } = this.world;
    return random() < 0.05 ? random() * 8_000 : random() * 50;
  }

  #round(): void {
    this.#rounds += 1;
    const round = this.#rounds;
    this.#tell({ type: 'tick' });
    if (this.left) return;
    // The round that got no answer is given up.
    this.#later(nextWakeMs(this.state, this.#clock()) + 5, () => round === this.#rounds && this.#round());
    const { random } = this.world;
    if (random() < 0.05) return;
    this.world.agenda.push({
      at: this.world.now + this.#latency(),
      run: () => {
        const seen = this.world.record;
        this.#later(this.#latency(), () => round === this.#rounds && this.#read(seen));
      },
    });
  }

  #read(seen: World['record']): void {
    this.#tell({ type: 'read', reading: readingOf(seen, this.state.shards) }, seen?.version ?? 0);
  }

  #write(table: ShardTable, version: number): void {
    const startedAt = this.#clock();
    const { round } = this.state;
    const { random } = this.world;
    const isLost = random() < 0.05;
    const isAnswerLost = random() < 0.05;
    this.world.agenda.push({
      at: this.world.now + this.#latency(),
      run: () => {
        if (isLost || (this.world.record?.version ?? 0) !== version) return;
        this.world.record = { version: version + 1, table };
        if (!isAnswerLost)
          this.#later(this.#latency(), () => this.#tell({ type: 'written', round, table, startedAt }));
      },
    });
  }

  #tell(event: MemberEvent, version = 0): void {
    const { state, actions } = decide(this.state, event, this.#clock());
    this.state = state;
    for (const action of actions) {
      if (action.type === 'write') this.#write(action.table, version);
      if (action.type === 'open') this.#open.add(action.shard);
      if (action.type === 'drain') {
        this.#open.delete(action.shard);
        this.#tellWhenDrained(action.shard);
      }
      if (action.type === 'close') this.#open.delete(action.shard);
      if (action.type === 'abandon') this.#abandon();
      if (action.type === 'left') this.left = true;
    }
  }

  #tellWhenDrained(shard: number): void {
    if (this.#running.some(({ work }) => work.shard === shard))
      this.#later(20, () => this.#tellWhenDrained(shard));
    else this.#tell({ type: 'drained', shard });
  }

  #abandon(): void {
    this.#open.clear();
    for (const running of this.#running) running.allowed = false;
    this.#tellWhenIdle();
  }

  #tellWhenIdle(): void {
    if (this.#running.some(({ allowed }) => !allowed)) this.#later(20, () => this.#tellWhenIdle());
    else this.#tell({ type: 'idle' });
  }

  #beginWork(): void {
    if (this.left) return;
    const { random, works, now } = this.world;
    this.#later(random() * 200, () => this.#beginWork());
    const open = [...this.#open];
    const shard = open[Math.floor(random() * open.length)];
    if (shard === undefined || !this.mayWork(shard)) return;
    const work: Work = { shard, member: this.id, startedAt: now, lastActAt: now, finished: false };
    works.push(work);
    const running = { work, allowed: true };
    this.#running.push(running);
    this.#act(running, now + random() * (random() < 0.1 ? 20_000 : 1_000));
  }

  /** Work acts again and again, as a reconcile writes object by object; each act asks whether it still may. */
  #act(running: { work: Work; allowed: boolean }, until: number): void {
    const { work } = running;
    const { validUntil } = this.state;
    const mayAct = running.allowed && validUntil !== undefined && this.#clock() < validUntil;
    if (mayAct) work.lastActAt = this.world.now;
    if (mayAct && this.world.now < until) {
      this.#later(10 + this.world.random() * 300, () => this.#act(running, until));
      return;
    }
    work.finished = true;
    this.#running = this.#running.filter((other) => other !== running);
  }
}

function readingOf(record: World['record'], shards: number): TableReading {
  if (!record) return { type: 'missing' };
  const { table, version } = record;
  if (table.shards === shards) return { type: 'table', table };
  return { type: 'foreign', mark: String(version), deserted: Object.keys(table.members).length === 0 };
}

function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
