import { randomUUID } from 'node:crypto';
import type { TypeRef } from '@flotilla/common/kube/object';
import type { KubeClient } from '../kube/client.js';
import { sleep, type Clock } from '../runtime/clock.js';
import type { Informer } from '../runtime/informer.js';
import type { Logger } from '../runtime/logger.js';
import {
  decide,
  newMember,
  nextWakeMs,
  type MemberAction,
  type MemberEvent,
  type MemberState,
} from './member-state.js';
import { OwnedObjects } from './owned-objects.js';
import { OwnedShards } from './owned-shards.js';
import { ShardRecord, type ReadRecord } from './shard-record.js';
import type { ShardTable } from './shard-table.js';

export interface ShardingOptions {
  client: KubeClient;
  owned: OwnedShards;
  /** `--shards`. */
  shards: number;
  /** Of the record. */
  namespace: string;
  /** One namespace to work in; default all. */
  watchNamespace?: string;
  /** Name of this replica for people. */
  instance: string;
  clock: Clock;
  logger: Logger;
  informerOf: (type: TypeRef) => Informer;
  /** A shard is this replica's: until the signal is aborted. Whoever has it next waits until the promise has settled. */
  onOwned?: (shard: number, signal: AbortSignal) => Promise<void>;
  /** The shard is somebody else's, or may be. */
  onLeft?: (shard: number) => void;
}

/** Taken over within 9 s and one round; see docs/adr/0003. */
export const shardTiming = { leaseMs: 9_000, renewDeadlineMs: 6_000, renewMs: 2_000 };
/** How long running work may go on in a shard that another replica is to have. */
const drainLimitMs = 20_000;
const openRetryMs = 1_000;
const contentionMs = 100;

interface Tenure {
  readonly ending: AbortController;
  ended: Promise<void>;
}

/** This replica's part in the split of the objects. */
export class Sharding {
  readonly #owned: OwnedShards;
  readonly #options: ShardingOptions;
  readonly #record: ShardRecord;
  readonly #views = new Map<string, OwnedObjects>();
  readonly #tenures = new Map<number, Tenure>();
  #wake: (() => void) | undefined;
  #isAwake = false;
  #state: MemberState;
  #drainLimitMs = drainLimitMs;
  #hasLeft = false;

  constructor(options: ShardingOptions) {
    const { shards, client, namespace, instance } = options;
    this.#options = options;
    this.#owned = options.owned;
    this.#record = new ShardRecord(client, namespace);
    this.#state = newMember(`${instance}_${randomUUID()}`, shards, shardTiming);
  }

  /** The objects of a kind that are this replica's. */
  objectsOf(type: TypeRef): OwnedObjects {
    const { client, watchNamespace, informerOf } = this.#options;
    const key = `${type.apiVersion}|${type.kind}`;
    const scope = watchNamespace === undefined ? {} : { namespace: watchNamespace };
    const view =
      this.#views.get(key) ??
      new OwnedObjects({ client, type, scope, informer: informerOf(type), shards: this.#owned });
    this.#views.set(key, view);
    return view;
  }

  /**
   * Takes part until the signal is aborted, then gives everything away: what runs may go on for `graceMs`.
   * Never throws.
   */
  async run(signal: AbortSignal, graceMs: number): Promise<void> {
    const { clock } = this.#options;
    let giveUpAt = Infinity;
    const onStop = (): void => {
      this.#drainLimitMs = graceMs;
      // A cluster that does not answer is not waited for: the others will see that we are gone.
      giveUpAt = clock.monotonic() + graceMs + shardTiming.renewDeadlineMs;
      this.#tell({ type: 'leave' });
      this.#wakeUp();
    };
    signal.addEventListener('abort', onStop, { once: true });
    if (signal.aborted) onStop();
    while (!this.#hasLeft && clock.monotonic() < giveUpAt) {
      await this.#round();
      if (!this.#hasLeft) await this.#pause();
    }
    signal.removeEventListener('abort', onStop);
    await this.#abandon();
  }

  async #round(): Promise<void> {
    const { clock, logger } = this.#options;
    // An answer that takes longer than our own deadline is of no use.
    const limit = new AbortController();
    const cancel = clock.schedule(shardTiming.renewDeadlineMs - shardTiming.renewMs, () =>
      limit.abort(new Error('the API server does not answer')),
    );
    try {
      const read = await this.#record.read(this.#options.shards, limit.signal);
      const write = this.#tell({ type: 'read', reading: read.reading });
      if (write) await this.#write(read, write, limit.signal);
    } catch (error) {
      logger.error({ error }, 'the record of the shards cannot be read or written');
    } finally {
      cancel();
    }
  }

  async #write(read: ReadRecord, table: ShardTable, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const startedAt = clock.monotonic();
    const { round } = this.#state;
    if (!(await this.#record.replace(read, table, clock.now(), signal))) {
      this.#wakeUp();
      return;
    }
    this.#tell({ type: 'written', round, table, startedAt });
  }

  /** Sleeps until something is to be done. */
  async #pause(): Promise<void> {
    const { clock } = this.#options;
    const waking = new AbortController();
    this.#wake = () => waking.abort();
    const dueMs = nextWakeMs(this.#state, clock.monotonic()) * (0.9 + Math.random() * 0.1) + 1;
    // Whoever was refused comes again after a moment of its own.
    const ms = this.#isAwake ? Math.random() * contentionMs : dueMs;
    this.#isAwake = false;
    await sleep(clock, ms, waking.signal).catch(() => undefined);
    this.#wake = undefined;
    this.#tell({ type: 'tick' });
  }

  #wakeUp(): void {
    if (this.#wake) this.#wake();
    else this.#isAwake = true;
  }

  /** Decides, carries out, and gives back what is to be written. */
  #tell(event: MemberEvent): ShardTable | undefined {
    const { clock } = this.#options;
    const { state, actions } = decide(this.#state, event, clock.monotonic());
    this.#state = state;
    this.#owned.extend(state.validUntil ?? 0);
    let table: ShardTable | undefined;
    for (const action of actions) {
      if (action.type === 'write') table = action.table;
      else this.#carryOut(action);
    }
    return table;
  }

  #carryOut(action: Exclude<MemberAction, { type: 'write' }>): void {
    switch (action.type) {
      case 'open':
        this.#open(action.shard);
        return;
      case 'drain':
        void this.#drain(action.shard);
        return;
      case 'close':
        this.#options.onLeft?.(action.shard);
        return;
      case 'abandon':
        this.#options.logger.error(
          {},
          'the shards could not be renewed in time; all work on them is stopped',
        );
        void this.#abandon().then(() => {
          this.#tell({ type: 'idle' });
          this.#wakeUp();
        });
        return;
      case 'left':
        this.#hasLeft = true;
    }
  }

  #open(shard: number): void {
    const ending = new AbortController();
    const tenure: Tenure = { ending, ended: Promise.resolve() };
    this.#tenures.set(shard, tenure);
    tenure.ended = this.#begin(shard, ending.signal).catch(() => undefined);
  }

  async #begin(shard: number, signal: AbortSignal): Promise<void> {
    const { clock, logger, onOwned } = this.#options;
    while (!(await this.#refresh(shard, signal))) await sleep(clock, openRetryMs, signal);
    if (signal.aborted) return;
    this.#owned.show(shard);
    for (const view of this.#views.values()) view.added(shard);
    logger.info({ shard, open: [...this.#owned.open] }, 'shard is ours');
    await onOwned?.(shard, signal);
  }

  async #refresh(shard: number, signal: AbortSignal): Promise<boolean> {
    try {
      await Promise.all([...this.#views.values()].map((view) => view.refresh(shard, signal)));
      return true;
    } catch (error) {
      signal.throwIfAborted();
      this.#options.logger.error({ shard, error }, 'the objects of the shard cannot be read; trying again');
      return false;
    }
  }

  /** Begins nothing new, waits for what runs, and only then lets the shard go. */
  async #drain(shard: number): Promise<void> {
    const tenure = this.#tenures.get(shard);
    this.#hide(shard);
    await this.#owned.rest(shard, this.#drainLimitMs);
    await this.#end(shard, tenure);
    this.#options.logger.info({ shard, open: [...this.#owned.open] }, 'shard is given away');
    this.#tell({ type: 'drained', shard });
    this.#wakeUp();
  }

  async #end(shard: number, tenure: Tenure | undefined): Promise<void> {
    if (!tenure) return;
    tenure.ending.abort();
    await tenure.ended;
    if (this.#tenures.get(shard) === tenure) this.#tenures.delete(shard);
  }

  #hide(shard: number): void {
    if (!this.#owned.open.has(shard)) return;
    this.#owned.hide(shard);
    for (const view of this.#views.values()) view.removed(shard);
  }

  async #abandon(): Promise<void> {
    const open = [...this.#owned.open];
    const ended = this.#owned.abandon();
    for (const shard of open) {
      for (const view of this.#views.values()) view.removed(shard);
      this.#options.onLeft?.(shard);
    }
    await Promise.all([...this.#tenures].map(([shard, tenure]) => this.#end(shard, tenure)));
    await ended;
  }
}
