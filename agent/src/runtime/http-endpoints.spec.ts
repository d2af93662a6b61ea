import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeClock } from './fake-clock.js';
import { serveHealth, serveMetrics, type HttpEndpoint } from './http-endpoints.js';
import { createMetricsRegistry, exponentialBuckets } from './metrics-registry.js';
import { createRuntimeMetrics } from './runtime-metrics.js';
import { createWorkQueue } from './work-queue.js';

const open: Array<HttpEndpoint | undefined> = [];
afterEach(async () => {
  for (const endpoint of open.splice(0)) await endpoint?.stop();
});

async function get(endpoint: HttpEndpoint | undefined, path: string, method: 'GET' | 'POST' = 'GET') {
  const answer = await request(`http://${endpoint?.address}${path}`, { method });
  return { code: answer.statusCode, text: await answer.body.text() };
}

describe('metrics (flux-compat 7)', () => {
  it('are served with the names and labels that dashboards use', async () => {
    const clock = createFakeClock();
    const registry = createMetricsRegistry({ processMetrics: true });
    const metrics = createRuntimeMetrics(registry, clock);
    const queue = createWorkQueue({ clock, observer: metrics.queueObserver('kustomization') });
    metrics.watchQueue('kustomization', queue);
    queue.add('a');
    await queue.take();
    await clock.advance(2_000);
    queue.addRateLimited('b');
    metrics.requestDone({ code: '200', host: 'h:6443', method: 'GET' });
    metrics.objectReconciled({ kind: 'Kustomization', namespace: 'ns', name: 'app' }, 250);
    metrics.reconciled('kustomization', 'error', 250, true);
    metrics.workers('kustomization', 1, 4);
    metrics.leader('lease', true);
    const endpoint = await serveMetrics('127.0.0.1:0', registry);
    open.push(endpoint);
    const { code, text } = await get(endpoint, '/metrics');
    expect(code).toBe(200);
    for (const line of [
      'rest_client_requests_total{code="200",host="h:6443",method="GET"} 1',
      'gotk_reconcile_duration_seconds_count{kind="Kustomization",name="app",namespace="ns"} 1',
      'gotk_reconcile_duration_seconds_sum{kind="Kustomization",name="app",namespace="ns"} 0.25',
      'controller_runtime_reconcile_total{controller="kustomization",result="error"} 1',
      'controller_runtime_reconcile_errors_total{controller="kustomization"} 1',
      'controller_runtime_terminal_reconcile_errors_total{controller="kustomization"} 1',
      'controller_runtime_active_workers{controller="kustomization"} 1',
      'controller_runtime_max_concurrent_reconciles{controller="kustomization"} 4',
      'workqueue_depth{name="kustomization",controller="kustomization"} 0',
      'workqueue_adds_total{name="kustomization",controller="kustomization"} 1',
      'workqueue_retries_total{name="kustomization",controller="kustomization"} 1',
      'workqueue_unfinished_work_seconds{name="kustomization",controller="kustomization"} 2',
      'workqueue_longest_running_processor_seconds{name="kustomization",controller="kustomization"} 2',
      'leader_election_master_status{name="lease"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toContain('process_resident_memory_bytes');
    metrics.objectGone({ kind: 'Kustomization', namespace: 'ns', name: 'app' });
    expect((await get(endpoint, '/metrics')).text).not.toContain('name="app"');
  });

  it('have ten buckets from 0.01 to 1800 seconds', () => {
    const buckets = exponentialBuckets(0.01, 1800, 10);
    expect(buckets).toHaveLength(10);
    expect(buckets[0]).toBe(0.01);
    expect(buckets[9]).toBeCloseTo(1800, 6);
  });
});

describe('health', () => {
  it('says what is wrong', async () => {
    let broken: string | undefined;
    const endpoint = await serveHealth('127.0.0.1:0', { live: {}, ready: { caches: () => broken } });
    open.push(endpoint);
    expect(await get(endpoint, '/readyz')).toEqual({ code: 200, text: 'ok' });
    broken = 'GitRepository is not synced';
    expect(await get(endpoint, '/readyz?verbose')).toEqual({
      code: 500,
      text: 'caches: GitRepository is not synced',
    });
    expect(await get(endpoint, '/healthz')).toEqual({ code: 200, text: 'ok' });
    expect((await get(endpoint, '/else')).code).toBe(404);
    expect((await get(endpoint, '/healthz', 'POST')).code).toBe(405);
  });

  it.each(['0', ':0', ''])('is off at %j', async (address) => {
    expect(await serveHealth(address, { live: {}, ready: {} })).toBeUndefined();
  });

  it.each(['8080', 'host', ':99999', 'a:b:c'])('refuses %j', async (address) => {
    await expect(serveHealth(address, { live: {}, ready: {} })).rejects.toThrow(
      'is not an address to listen on',
    );
  });

  it('says which address is taken', async () => {
    const first = await serveHealth('127.0.0.1:0', { live: {}, ready: {} });
    open.push(first);
    await expect(serveHealth(first?.address ?? '', { live: {}, ready: {} })).rejects.toThrow(
      `cannot listen on ${first?.address}`,
    );
  });
});
