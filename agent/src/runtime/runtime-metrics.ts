import type { RequestMetrics } from '../kube/transport.js';
import type { Clock } from './clock.js';
import type { MetricsRegistry } from './metrics-registry.js';
import { exponentialBuckets } from './metrics-registry.js';
import type { WorkQueue, WorkQueueObserver } from './work-queue.js';

const outcomes = ['success', 'error', 'requeue', 'requeue_after'] as const;

export type ReconcileOutcome = (typeof outcomes)[number];

/** The metrics of flux-compat 7 that the runtime itself records. */
export interface RuntimeMetrics extends RequestMetrics {
  /** Observer of one controller's queue. */
  queueObserver(controller: string): WorkQueueObserver;
  /** Lets a scrape read what a queue is working on. */
  watchQueue(controller: string, queue: WorkQueue): void;
  workers(controller: string, active: number, limit: number): void;
  reconciled(controller: string, outcome: ReconcileOutcome, durationMs: number, terminal: boolean): void;
  /** `gotk_reconcile_duration_seconds` of one object. */
  objectReconciled(object: ObjectLabels, durationMs: number): void;
  /** The object is gone: its series end. */
  objectGone(object: ObjectLabels): void;
  leader(lease: string, isLeader: boolean): void;
}

export interface ObjectLabels {
  kind: string;
  namespace: string;
  name: string;
}

const queueBuckets = exponentialBuckets(1e-8, 10, 10);
const reconcileBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5,
  1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];

export function createRuntimeMetrics(registry: MetricsRegistry, clock: Clock): RuntimeMetrics {
  const requests = registry.counter({
    name: 'rest_client_requests_total',
    help: 'Requests to the API server by status code, method and host.',
    labels: ['code', 'host', 'method'],
  });
  const durations = registry.histogram({
    name: 'gotk_reconcile_duration_seconds',
    help: 'Time that one reconciliation of an object took.',
    labels: ['kind', 'name', 'namespace'],
    buckets: exponentialBuckets(0.01, 1800, 10),
  });
  const leader = registry.gauge({
    name: 'leader_election_master_status',
    help: '1 while this process holds the lease.',
    labels: ['name'],
  });
  return {
    requestDone: ({ code, host, method }) => requests.inc({ code, host, method }),
    objectReconciled: ({ kind, name, namespace }, durationMs) =>
      durations.observe(durationMs / 1000, { kind, name, namespace }),
    objectGone: ({ kind, name, namespace }) => durations.remove({ kind, name, namespace }),
    leader: (name, isLeader) => leader.set(isLeader ? 1 : 0, { name }),
    ...queueMetrics(registry, clock),
    ...controllerMetrics(registry),
  };
}

function queueMetrics(
  registry: MetricsRegistry,
  clock: Clock,
): Pick<RuntimeMetrics, 'queueObserver' | 'watchQueue'> {
  const labels = ['name', 'controller'];
  const metric = (name: string, help: string) => ({ name: `workqueue_${name}`, help, labels });
  const depth = registry.gauge(metric('depth', 'Keys that wait.'));
  const adds = registry.counter(metric('adds_total', 'Keys that were added.'));
  const retries = registry.counter(metric('retries_total', 'Keys that were added with back-off.'));
  const waited = registry.histogram({
    ...metric('queue_duration_seconds', 'Time from adding a key to taking it.'),
    buckets: queueBuckets,
  });
  const worked = registry.histogram({
    ...metric('work_duration_seconds', 'Time from taking a key to being done with it.'),
    buckets: queueBuckets,
  });
  const queues = new Map<string, WorkQueue>();
  const agesOf = (queue: WorkQueue): number[] =>
    [...queue.startedAt].map((startedAt) => (clock.monotonic() - startedAt) / 1000);
  registry.gauge({
    ...metric('unfinished_work_seconds', 'Sum of the time that the keys under way have taken so far.'),
    collect: (gauge) => {
      for (const [name, queue] of queues)
        gauge.set(
          agesOf(queue).reduce((sum, age) => sum + age, 0),
          both(name),
        );
    },
  });
  registry.gauge({
    ...metric('longest_running_processor_seconds', 'Time that the oldest key under way has taken so far.'),
    collect: (gauge) => {
      for (const [name, queue] of queues) gauge.set(Math.max(0, ...agesOf(queue)), both(name));
    },
  });
  return {
    watchQueue(controller, queue) {
      queues.set(controller, queue);
      // A rate needs a first value: series are there before anything has happened.
      depth.set(queue.length, both(controller));
      for (const counter of [adds, retries]) counter.inc(both(controller), 0);
    },
    queueObserver: (controller) => ({
      added(current) {
        adds.inc(both(controller));
        depth.set(current, both(controller));
      },
      taken(waitedMs, current) {
        waited.observe(waitedMs / 1000, both(controller));
        depth.set(current, both(controller));
      },
      finished: (workedMs) => worked.observe(workedMs / 1000, both(controller)),
      retried: () => retries.inc(both(controller)),
    }),
  };
}

function controllerMetrics(registry: MetricsRegistry): Pick<RuntimeMetrics, 'workers' | 'reconciled'> {
  const labels = ['controller'];
  const metric = (name: string, help: string) => ({ name: `controller_runtime_${name}`, help, labels });
  const total = registry.counter({
    ...metric('reconcile_total', 'Reconciliations by result.'),
    labels: ['controller', 'result'],
  });
  const errors = registry.counter(metric('reconcile_errors_total', 'Reconciliations that failed.'));
  const terminalErrors = registry.counter(
    metric('terminal_reconcile_errors_total', 'Reconciliations that failed and are not tried again.'),
  );
  const time = registry.histogram({
    ...metric('reconcile_time_seconds', 'Time of a reconciliation.'),
    buckets: reconcileBuckets,
  });
  const active = registry.gauge(metric('active_workers', 'Workers that reconcile now.'));
  const limit = registry.gauge(metric('max_concurrent_reconciles', 'Workers there are.'));
  const known = new Set<string>();
  const begin = (controller: string): void => {
    known.add(controller);
    for (const result of outcomes) total.inc({ controller, result }, 0);
    for (const counter of [errors, terminalErrors]) counter.inc({ controller }, 0);
  };
  return {
    workers(controller, activeNow, workers) {
      if (!known.has(controller)) begin(controller);
      active.set(activeNow, { controller });
      limit.set(workers, { controller });
    },
    reconciled(controller, result, durationMs, terminal) {
      total.inc({ controller, result });
      time.observe(durationMs / 1000, { controller });
      if (result === 'error') errors.inc({ controller });
      if (terminal) terminalErrors.inc({ controller });
    },
  };
}

/** controller-runtime gives both labels the same value. */
function both(controller: string): { name: string; controller: string } {
  return { name: controller, controller };
}
