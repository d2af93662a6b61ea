// The metrics of a real agent, scraped as Prometheus does (flux-compat 7).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMap, conditionOf, gitRepository, kustomization, manifest } from '../e2e/flux-objects.js';
import { ManagedCluster } from '../e2e/managed-cluster.js';
import { type ControlPlane, startControlPlane } from '../servers/control-plane.js';
import { type GitServer, startGitServer } from '../servers/git-server.js';
import { waitFor } from '../servers/wait-for.js';
import { type Family, readScrape, type Sample } from './scrape.js';

let plane: ControlPlane;
let git: GitServer;
let cluster: ManagedCluster;

beforeAll(async () => {
  [plane, git] = await Promise.all([startControlPlane(), startGitServer()]);
  cluster = await ManagedCluster.prepare(plane);
  const repository = await git.createRepository('app');
  const commit = await repository.commit({ 'app.yaml': manifest(configMap('default', 'app', { v: '1' })) });
  await cluster.startAgent({
    args: ['--enable-leader-election', '--min-retry-delay=100ms', '--max-retry-delay=200ms'],
  });
  await cluster.apply(
    gitRepository('app', repository.url),
    gitRepository('broken', `${git.url}/missing.git`),
    kustomization('app'),
    kustomization('asleep', { suspend: true, sourceRef: { kind: 'GitRepository', name: 'app' } }),
  );
  await cluster.reaches('app', commit);
  await cluster.until(gitRepository('broken', ''), (seen) => conditionOf(seen, 'Ready')?.status === 'False');
});

afterAll(async () => {
  await cluster?.stop();
  await Promise.all([git?.stop(), plane?.stop()]);
});

async function scrape(): Promise<ReadonlyMap<string, Family>> {
  return readScrape(await (await fetch(cluster.agent.metricsUrl)).text());
}

async function samples(
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<readonly Sample[]> {
  const all = (await scrape()).get(name)?.samples ?? [];
  return all.filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value));
}

const object = ['kind', 'name', 'namespace'];
const controller = ['controller'];
const queue = ['controller', 'name'];

const families: ReadonlyArray<readonly [name: string, type: string, labels: readonly string[]]> = [
  ['gotk_reconcile_duration_seconds', 'histogram', object],
  ['gotk_reconcile_condition', 'gauge', [...object, 'status', 'type']],
  ['gotk_suspend_status', 'gauge', object],
  ['gotk_token_cached_items', 'gauge', []],
  ['gotk_token_cache_requests_total', 'counter', ['status']],
  ['gotk_token_cache_evictions_total', 'counter', []],
  ['controller_runtime_reconcile_total', 'counter', ['controller', 'result']],
  ['controller_runtime_reconcile_errors_total', 'counter', controller],
  ['controller_runtime_terminal_reconcile_errors_total', 'counter', controller],
  ['controller_runtime_reconcile_time_seconds', 'histogram', controller],
  ['controller_runtime_active_workers', 'gauge', controller],
  ['controller_runtime_max_concurrent_reconciles', 'gauge', controller],
  ['workqueue_depth', 'gauge', queue],
  ['workqueue_adds_total', 'counter', queue],
  ['workqueue_queue_duration_seconds', 'histogram', queue],
  ['workqueue_work_duration_seconds', 'histogram', queue],
  ['workqueue_retries_total', 'counter', queue],
  ['workqueue_unfinished_work_seconds', 'gauge', queue],
  ['workqueue_longest_running_processor_seconds', 'gauge', queue],
  ['rest_client_requests_total', 'counter', ['code', 'host', 'method']],
  ['leader_election_master_status', 'gauge', ['name']],
  ['process_cpu_seconds_total', 'counter', []],
  ['process_resident_memory_bytes', 'gauge', []],
  ['flotilla_agent_build_seconds', 'histogram', []],
  ['flotilla_agent_render_cache_hits_total', 'counter', []],
  ['flotilla_agent_apply_seconds', 'histogram', []],
  ['flotilla_agent_applied_objects_total', 'counter', ['action']],
];

describe('the metrics of an agent', () => {
  it.each(families)('7: %s is a %s with its labels', async (name, type, labels) => {
    const family = (await scrape()).get(name);
    expect(family?.type).toBe(type);
    expect(family?.samples.length).toBeGreaterThan(0);
    for (const sample of family?.samples ?? []) {
      const names = Object.keys(sample.labels).filter((label) => label !== 'le');
      expect(names.toSorted()).toEqual([...labels]);
    }
  });

  it('7: the buckets of the duration are ten, exponential from 0.01 to 1800', async () => {
    const buckets = (await samples('gotk_reconcile_duration_seconds', { kind: 'Kustomization', name: 'app' }))
      .map(({ labels }) => labels['le'])
      .filter((le) => le !== undefined)
      .map(Number);
    expect(buckets).toHaveLength(11);
    expect(buckets[0]).toBeCloseTo(0.01);
    expect(buckets[9]).toBeCloseTo(1800);
    expect(buckets[1]! / buckets[0]!).toBeCloseTo(buckets[8]! / buckets[7]!);
  });

  it.each([
    ['Kustomization', 'app', 'True'],
    ['GitRepository', 'broken', 'False'],
    ['Kustomization', 'asleep', 'Unknown'],
  ])('7: gotk_reconcile_condition of %s %s is 1 for %s alone', async (kind, name, status) => {
    const labels = { kind, name, namespace: 'flux-system', type: 'Ready' };
    const values = async (): Promise<object> => {
      const found = await samples('gotk_reconcile_condition', labels);
      return Object.fromEntries(found.map(({ labels: of, value }) => [of['status'], value]));
    };
    // A source without an artifact is Unknown while it is tried again.
    await expect
      .poll(values, { timeout: 20_000 })
      .toEqual({ True: 0, False: 0, Unknown: 0, Deleted: 0, [status]: 1 });
  });

  it.each([
    ['app', 0],
    ['asleep', 1],
  ])('7: gotk_suspend_status of %s is %i', async (name, value) => {
    expect(await samples('gotk_suspend_status', { kind: 'Kustomization', name })).toMatchObject([{ value }]);
  });

  it.each(['gitrepository', 'kustomization'])(
    '7: the controller is called %s, and so is its queue',
    async (name) => {
      expect(await samples('workqueue_depth', { name, controller: name })).toHaveLength(1);
      expect(
        await samples('controller_runtime_max_concurrent_reconciles', { controller: name }),
      ).toHaveLength(1);
      const results = await samples('controller_runtime_reconcile_total', { controller: name });
      expect(results.map(({ labels }) => String(labels['result'])).toSorted()).toEqual([
        'error',
        'requeue',
        'requeue_after',
        'success',
      ]);
    },
  );

  it('7: the holder of the lease says so', async () => {
    expect(await samples('leader_election_master_status')).toEqual([
      { labels: { name: 'flotilla-agent-leader-election' }, value: 1 },
    ]);
  });

  it('counts requests by code, method and host', async () => {
    const [sample] = await samples('rest_client_requests_total', { code: '200', method: 'GET' });
    expect(sample?.labels['host']).toBe(new URL(plane.url).host);
    expect(sample?.value).toBeGreaterThan(0);
  });

  it('a failing source has failed reconciles', async () => {
    const [result] = await samples('controller_runtime_reconcile_total', {
      controller: 'gitrepository',
      result: 'error',
    });
    const [errors] = await samples('controller_runtime_reconcile_errors_total', {
      controller: 'gitrepository',
    });
    const [retries] = await samples('workqueue_retries_total', { name: 'gitrepository' });
    expect(result?.value).toBeGreaterThan(0);
    expect(errors?.value).toBeGreaterThan(0);
    expect(retries?.value).toBeGreaterThan(0);
  });

  it.each(['gotk_reconcile_duration_seconds', 'gotk_reconcile_condition', 'gotk_suspend_status'])(
    '7: %s of an object ends with the object',
    async (name) => {
      const gone = kustomization(`gone-${name.replaceAll('_', '-')}`, {
        sourceRef: { kind: 'GitRepository', name: 'app' },
        prune: false,
      });
      await cluster.apply(gone);
      const labels = { kind: 'Kustomization', name: gone.metadata.name };
      await waitFor('its series', async () => (await samples(name, labels)).length > 0);
      await cluster.remove(gone);
      await waitFor('their end', async () => (await samples(name, labels)).length === 0);
    },
  );

  it('an object that is about to go is Deleted', async () => {
    const held = kustomization('held', { sourceRef: { kind: 'GitRepository', name: 'app' }, prune: false });
    await cluster.apply({
      ...held,
      metadata: { ...held.metadata, finalizers: ['test/hold'] } as typeof held.metadata,
    });
    await cluster.until(held, (seen) => conditionOf(seen, 'Ready')?.status === 'True');
    await cluster.remove(held);
    await waitFor('the status Deleted', async () => {
      const found = await samples('gotk_reconcile_condition', { name: 'held', status: 'Deleted' });
      return found[0]?.value === 1;
    });
    await cluster.patch(held, { metadata: { finalizers: null } });
  });
});
