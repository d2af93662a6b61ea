import { formatName, type NamespacedName } from '@flotilla/common/kube/object';
import { rendezvousOwner } from '@flotilla/common/rendezvous/rendezvous';
import type { Clock } from '../runtime/clock.js';
import type { Reconcile, ReconcileGuard } from '../runtime/reconcile.js';
import { WorkClaim } from './work-claim.js';

/** Objects whose shard is kept in mind; beyond that it is computed anew. */
const rememberedNames = 100_000;

/**
 * Which shards this process works on, and what runs in them. An object belongs to a shard by its namespace and name,
 * whatever its kind: a source and the Kustomization of the same name are together.
 */
export class OwnedShards {
  readonly #names: readonly string[];
  readonly #clock: Clock;
  readonly #open = new Set<number>();
  readonly #running = new Map<number, Set<WorkClaim>>();
  readonly #shardOf = new Map<string, number>();
  readonly #resting = new Set<() => void>();
  #validUntil = 0;
  #epoch = 0;

  constructor(shards: number, clock: Clock) {
    this.#names = Array.from({ length: shards }, (_, shard) => String(shard));
    this.#clock = clock;
  }

  shardOf(name: NamespacedName): number {
    const key = formatName(name);
    const known = this.#shardOf.get(key);
    if (known !== undefined) return known;
    const shard = Number(rendezvousOwner(key, this.#names));
    if (this.#shardOf.size >= rememberedNames) this.#shardOf.clear();
    this.#shardOf.set(key, shard);
    return shard;
  }

  owns(name: NamespacedName): boolean {
    return this.#open.has(this.shardOf(name));
  }

  /** Every shard, whosever it is. */
  get all(): readonly number[] {
    return this.#names.map(Number);
  }

  get open(): ReadonlySet<number> {
    return this.#open;
  }

  /** Until when, by the monotonic clock, this process may count on what it owns. */
  extend(validUntil: number): void {
    this.#validUntil = validUntil;
  }

  show(shard: number): void {
    this.#open.add(shard);
  }

  /** Nothing new begins in the shard. */
  hide(shard: number): void {
    this.#open.delete(shard);
  }

  /** Resolves when nothing runs in the shard; after `limitMs` what runs is asked to stop. */
  async rest(shard: number, limitMs: number): Promise<void> {
    const cancel = this.#clock.schedule(limitMs, () => {
      for (const claim of this.#running.get(shard) ?? []) claim.interrupt();
    });
    while (this.#running.has(shard)) await this.#someEnd();
    cancel();
  }

  /** Takes the right to write from everything that runs, and resolves when it has ended. */
  async abandon(): Promise<void> {
    this.#validUntil = 0;
    this.#epoch += 1;
    this.#open.clear();
    for (const claims of this.#running.values()) for (const claim of claims) claim.interrupt();
    while (this.#running.size > 0) await this.#someEnd();
  }

  /** Lets a reconcile run only while its object is this process's; the guard of every controller. */
  readonly guard: ReconcileGuard = async (name, signal, reconcile) => {
    const shard = this.shardOf(name);
    // It sees no such object, and forgets what it knows of it.
    if (!this.#open.has(shard)) return await new WorkClaim(() => false).run(() => reconcile(name, signal));
    if (!this.#isValid()) return {};
    return await this.#runIn(shard, name, signal, reconcile);
  };

  async #runIn(shard: number, name: NamespacedName, signal: AbortSignal, reconcile: Reconcile) {
    const epoch = this.#epoch;
    const claim = new WorkClaim(() => epoch === this.#epoch && this.#isValid());
    const running = this.#running.get(shard) ?? new Set();
    this.#running.set(shard, running.add(claim));
    const onAbort = (): void => claim.interrupt();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      return await claim.run(() => reconcile(name, claim.signal));
    } catch (error) {
      // Whoever has the shard next begins anew.
      if (claim.isLost && !signal.aborted) return {};
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      running.delete(claim);
      if (running.size === 0) this.#running.delete(shard);
      for (const resolve of this.#resting) resolve();
      this.#resting.clear();
    }
  }

  #isValid(): boolean {
    return this.#clock.monotonic() < this.#validUntil;
  }

  #someEnd(): Promise<void> {
    return new Promise((resolve) => this.#resting.add(resolve));
  }
}
