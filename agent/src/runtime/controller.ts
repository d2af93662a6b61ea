import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { formatName, groupOf, type NamespacedName, type TypeRef } from '@flotilla/common/kube/object';
import type { ObjectCache } from './cache.js';
import type { Clock } from './clock.js';
import { withLogFields } from './log-context.js';
import type { Logger } from './logger.js';
import { TerminalError, type Reconcile, type ReconcileGuard, type ReconcileResult } from './reconcile.js';
import type { ReconcileOutcome, RuntimeMetrics } from './runtime-metrics.js';
import { createWorkQueue, type WorkQueue } from './work-queue.js';

export interface ControllerOptions {
  /** Name in metrics and logs: the kind in lower case. */
  name: string;
  type: TypeRef;
  reconcile: Reconcile;
  /** Decides whether a reconcile runs; default: it does. */
  guard?: ReconcileGuard | undefined;
  /** `--concurrent`. */
  workers: number;
  clock: Clock;
  logger: Logger;
  metrics: RuntimeMetrics;
  /** The watched objects of the kind; the series of an object end when it is no longer there. */
  cache?: ObjectCache;
  /** `--min-retry-delay`. */
  minRetryDelayMs?: number;
  /** `--max-retry-delay`. */
  maxRetryDelayMs?: number;
}

/** Runs the reconciler of one kind: at most `workers` at a time and never twice for the same object. */
export interface Controller {
  readonly name: string;
  enqueue(name: NamespacedName): void;
  enqueueAfter(name: NamespacedName, delayMs: number): void;
  /** Starts the workers. What was enqueued before waits until then. */
  start(): void;
  /**
   * Takes no more work and waits for what runs. After `graceMs` the signal of what still runs is aborted; with 0 that
   * happens at once, as a lost lease needs. False when something ran on although it was aborted.
   */
  stop(graceMs: number): Promise<boolean>;
  health(): ControllerHealth;
}

export interface ControllerHealth {
  started: boolean;
  active: number;
  waiting: number;
  /** How long the oldest running reconcile has taken so far. */
  longestRunningMs: number;
}

export function createController(options: ControllerOptions): Controller {
  return new QueueController(options);
}

/** How long an aborted reconcile may take to notice. */
const abortedGraceMs = 5_000;

/** How a reconcile ended, and what that means for the key. The whole error policy is `settle`. */
type Ending = { result: ReconcileResult } | { error: unknown };

class QueueController implements Controller {
  private readonly queue: WorkQueue;
  private readonly abort = new AbortController();
  private active = 0;
  private started = false;

  constructor(private readonly options: ControllerOptions) {
    const { clock, minRetryDelayMs, maxRetryDelayMs, metrics, name } = options;
    this.queue = createWorkQueue({
      clock,
      observer: metrics.queueObserver(name),
      ...(minRetryDelayMs === undefined ? {} : { minRetryDelayMs }),
      ...(maxRetryDelayMs === undefined ? {} : { maxRetryDelayMs }),
    });
    metrics.watchQueue(name, this.queue);
    metrics.workers(name, 0, options.workers);
    // Every worker listens to it: that is no leak, so Node shall not warn of one.
    setMaxListeners(0, this.abort.signal);
  }

  get name(): string {
    return this.options.name;
  }

  enqueue(name: NamespacedName): void {
    this.queue.add(formatName(name));
  }

  enqueueAfter(name: NamespacedName, delayMs: number): void {
    this.queue.addAfter(formatName(name), delayMs);
  }

  start(): void {
    if (this.started) return;
    this.started = true;
    for (let worker = 0; worker < this.options.workers; worker += 1) void this.work();
  }

  async stop(graceMs: number): Promise<boolean> {
    const drained = this.queue.shutDown();
    if (graceMs > 0 && (await this.within(graceMs, drained))) return true;
    this.abort.abort(new Error('the agent is stopping'));
    return this.within(abortedGraceMs, drained);
  }

  health(): ControllerHealth {
    const now = this.options.clock.monotonic();
    const ages = [...this.queue.startedAt].map((startedAt) => now - startedAt);
    return {
      started: this.started,
      active: this.active,
      waiting: this.queue.length,
      longestRunningMs: Math.max(0, ...ages),
    };
  }

  /** Whether the work ends in this time. The timer goes with the answer: one that stays keeps the process alive. */
  private within(limitMs: number, work: Promise<void>): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.options.clock.schedule(limitMs, () => resolve(false));
      void work.then(() => {
        cancel();
        resolve(true);
      });
    });
  }

  private async work(): Promise<void> {
    for (let key = await this.queue.take(); key !== undefined; key = await this.queue.take()) {
      this.setActive(1);
      try {
        await this.handle(key, nameOf(key));
      } finally {
        this.setActive(-1);
        this.queue.done(key);
      }
    }
  }

  private async handle(key: string, name: NamespacedName): Promise<void> {
    const { clock, logger, type, metrics } = this.options;
    const startedAt = clock.monotonic();
    const fields = {
      controller: this.name,
      controllerGroup: groupOf(type.apiVersion),
      controllerKind: type.kind,
      [type.kind]: name,
      ...name,
      reconcileID: randomUUID(),
    };
    await withLogFields(fields, async () => {
      const ending = await this.run(name);
      const durationMs = clock.monotonic() - startedAt;
      const outcome = this.settle(key, ending);
      const terminal = 'error' in ending && ending.error instanceof TerminalError;
      metrics.reconciled(this.name, outcome, durationMs, terminal);
      if ('error' in ending) this.report(ending.error, durationMs, logger);
      this.recordObject(name, durationMs);
    });
  }

  private async run(name: NamespacedName): Promise<Ending> {
    try {
      const { guard, reconcile } = this.options;
      const { signal } = this.abort;
      return { result: await (guard ? guard(name, signal, reconcile) : reconcile(name, signal)) };
    } catch (error) {
      return { error };
    }
  }

  /** Decides when the key comes back (flux-compat 1.6). */
  private settle(key: string, ending: Ending): ReconcileOutcome {
    if ('error' in ending) {
      if (ending.error instanceof TerminalError) this.queue.forget(key);
      else this.queue.addRateLimited(key);
      return 'error';
    }
    const { requeueAfterMs, requeue } = ending.result;
    if (requeueAfterMs !== undefined && requeueAfterMs > 0) {
      this.queue.forget(key);
      this.queue.addAfter(key, requeueAfterMs);
      return 'requeue_after';
    }
    if (requeue) {
      this.queue.addRateLimited(key);
      return 'requeue';
    }
    this.queue.forget(key);
    return 'success';
  }

  private report(error: unknown, durationMs: number, logger: Logger): void {
    // What fails because we stop says nothing about the object.
    if (this.abort.signal.aborted) logger.debug({ error }, 'reconcile was cut short');
    else logger.error({ error, durationMs: Math.round(durationMs) }, 'Reconciler error');
  }

  private recordObject(name: NamespacedName, durationMs: number): void {
    const { cache, metrics, type } = this.options;
    const labels = { kind: type.kind, ...name };
    if (!cache || cache.get(name)) {
      metrics.objectReconciled(labels, durationMs);
      return;
    }
    metrics.objectGone(labels);
  }

  private setActive(by: 1 | -1): void {
    this.active += by;
    this.options.metrics.workers(this.name, this.active, this.options.workers);
  }
}

function nameOf(key: string): NamespacedName {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
