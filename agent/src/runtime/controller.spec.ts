import { describe, expect, it } from 'vitest';
import { createController, type ControllerOptions } from './controller.js';
import { createFakeClock } from './fake-clock.js';
import { createLogger } from './logger.js';
import { createMetricsRegistry } from './metrics-registry.js';
import { TerminalError, type Reconcile } from './reconcile.js';
import { createRuntimeMetrics } from './runtime-metrics.js';

const app = { namespace: 'default', name: 'app' };

function setUp(reconcile: Reconcile, options: Partial<ControllerOptions> = {}) {
  const clock = createFakeClock();
  const registry = createMetricsRegistry();
  const lines: Array<Record<string, unknown>> = [];
  const logger = createLogger({
    now: () => clock.now(),
    level: 'debug',
    write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  const starts: number[] = [];
  const controller = createController({
    name: 'kustomization',
    type: { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' },
    reconcile: (name, signal) => {
      starts.push(clock.monotonic());
      return reconcile(name, signal);
    },
    workers: 2,
    clock,
    logger,
    metrics: createRuntimeMetrics(registry, clock),
    ...options,
  });
  const metric = async (line: string): Promise<string | undefined> =>
    (await registry.render()).split('\n').find((candidate) => candidate.startsWith(line));
  return { clock, controller, lines, starts, metric };
}

describe('the error policy (flux-compat 1.6)', () => {
  it.each<[name: string, reconcile: Reconcile, starts: number[], result: string]>([
    ['success waits for a change', () => Promise.resolve({}), [0], 'success'],
    [
      'requeueAfter comes back after that time',
      () => Promise.resolve({ requeueAfterMs: 4_000 }),
      [0, 4_000, 8_000],
      'requeue_after',
    ],
    ['requeue backs off', () => Promise.resolve({ requeue: true }), [0, 750, 2_250, 5_250], 'requeue'],
    ['an error backs off', () => Promise.reject(new Error('no luck')), [0, 750, 2_250, 5_250], 'error'],
    [
      'a throw that is no Error backs off',
      () => Promise.reject('text' as unknown as Error),
      [0, 750, 2_250, 5_250],
      'error',
    ],
    [
      'a terminal error is not tried again',
      () => Promise.reject(new TerminalError('bad spec')),
      [0],
      'error',
    ],
  ])('%s', async (_name, reconcile, expected, result) => {
    const { clock, controller, starts, metric } = setUp(reconcile);
    controller.enqueue(app);
    controller.start();
    await clock.advance(10_000);
    expect(starts).toEqual(expected);
    expect(
      await metric(`controller_runtime_reconcile_total{controller="kustomization",result="${result}"}`),
    ).toMatch(new RegExp(` ${expected.length}$`));
  });

  it('starts the back-off over after a success', async () => {
    let calls = 0;
    const { clock, controller, starts } = setUp(() => {
      calls += 1;
      return calls === 3 ? Promise.resolve({ requeueAfterMs: 10_000 }) : Promise.reject(new Error('no luck'));
    });
    controller.start();
    controller.enqueue(app);
    await clock.advance(14_000);
    expect(starts).toEqual([0, 750, 2_250, 12_250, 13_000]);
  });
});

describe('a controller', () => {
  it('never reconciles one object twice at the same time, and others beside it', async () => {
    const running = new Set<string>();
    let overlaps = 0;
    let most = 0;
    const { clock, controller } = setUp(async ({ name }) => {
      if (running.has(name)) overlaps += 1;
      running.add(name);
      most = Math.max(most, running.size);
      await new Promise((resolve) => setImmediate(resolve));
      running.delete(name);
      return {};
    });
    controller.start();
    for (let round = 0; round < 20; round += 1) {
      for (const name of ['a', 'b', 'c']) controller.enqueue({ namespace: 'default', name });
      await clock.advance(1);
    }
    expect([overlaps, most]).toEqual([0, 2]);
  });

  it('logs an error once, with the fields of flux-compat 7', async () => {
    const { clock, controller, lines } = setUp(() => Promise.reject(new Error('no luck')));
    controller.start();
    controller.enqueue(app);
    await clock.advance(1);
    expect(lines).toEqual([
      {
        level: 'error',
        ts: expect.any(String),
        msg: 'Reconciler error',
        controller: 'kustomization',
        controllerGroup: 'kustomize.toolkit.fluxcd.io',
        controllerKind: 'Kustomization',
        Kustomization: app,
        ...app,
        reconcileID: expect.stringMatching(/^[\da-f-]{36}$/),
        error: 'no luck',
        durationMs: 0,
      },
    ]);
  });

  it('ends the series of an object that is gone', async () => {
    let present = true;
    const { clock, controller, metric } = setUp(() => Promise.resolve({}), {
      cache: {
        synced: true,
        get: () => (present ? { apiVersion: 'v1', kind: 'A', metadata: { name: 'app' } } : undefined),
        list: () => [],
        subscribe: () => () => undefined,
      },
    });
    const series =
      'gotk_reconcile_duration_seconds_count{kind="Kustomization",name="app",namespace="default"}';
    controller.start();
    controller.enqueue(app);
    await clock.advance(1);
    expect(await metric(series)).toBe(`${series} 1`);
    present = false;
    controller.enqueue(app);
    await clock.advance(1);
    expect(await metric(series)).toBeUndefined();
  });

  it('waits for what runs when it stops, and starts nothing more', async () => {
    const { promise, resolve } = deferred();
    let aborted = false;
    const { clock, controller, starts } = setUp(async (_name, signal) => {
      await promise;
      aborted = signal.aborted;
      return { requeueAfterMs: 1 };
    });
    controller.start();
    controller.enqueue(app);
    await clock.advance(1);
    const stopped = controller.stop(60_000);
    controller.enqueue({ namespace: 'default', name: 'other' });
    await clock.advance(1_000);
    resolve();
    expect(await stopped).toBe(true);
    await clock.advance(1_000);
    expect([starts, aborted]).toEqual([[0], false]);
  });

  it('leaves no timer behind that would keep the process alive', async () => {
    const { clock, controller } = setUp(() => Promise.resolve({ requeueAfterMs: 60_000 }));
    controller.start();
    controller.enqueue(app);
    await clock.advance(1);
    expect(await controller.stop(60_000)).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('aborts what runs on past the grace, and says so when that does not help', async () => {
    const deaf = setUp(() => new Promise(() => undefined));
    deaf.controller.start();
    deaf.controller.enqueue(app);
    await deaf.clock.advance(1);
    const stopped = deaf.controller.stop(10_000);
    await deaf.clock.advance(20_000);
    expect(await stopped).toBe(false);

    const quick = setUp(
      (_name, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error)),
        ),
    );
    quick.controller.start();
    quick.controller.enqueue(app);
    await quick.clock.advance(1);
    expect(await quick.controller.stop(0)).toBe(true);
    expect(quick.lines.filter((line) => line['level'] === 'error')).toEqual([]);
  });

  it('tells how it is', async () => {
    const { clock, controller } = setUp(() => new Promise(() => undefined));
    for (const name of ['a', 'b', 'c']) controller.enqueue({ namespace: 'default', name });
    expect(controller.health()).toMatchObject({ started: false, waiting: 3 });
    controller.start();
    await clock.advance(5_000);
    expect(controller.health()).toEqual({ started: true, active: 2, waiting: 1, longestRunningMs: 5_000 });
  });
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
