import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshnessTable } from '@flotilla/hub/fleet/domain/freshness-table';
import { freshnessSql, isLiveSql } from '@flotilla/hub/fleet/read-models/freshness-sql';
import { startPostgres } from '../servers/postgres.js';
import type { Postgres } from '../servers/postgres.js';
import type { ApiHub } from './api-hub.js';
import { startApiHub } from './api-hub.js';
import { confirm, failedBuild, gitRepository, kustomization, revisionOf, seedCluster } from './api-seed.js';

const old = 'aaaaaaaaaa';
const wanted = 'bbbbbbbbbb';
let postgres: Postgres;
let api: ApiHub;

beforeAll(async () => {
  postgres = await startPostgres();
  api = await startApiHub(postgres);
});
afterAll(async () => {
  await api?.stop();
  await postgres?.stop();
});
beforeEach(async () => {
  await api.database.query('DELETE FROM clusters');
});

async function get(path: string): Promise<ReturnType<typeof JSON.parse>> {
  const response = await api.ask('GET', `/api/v1/${path}`);
  expect(
    response.statusCode,
    response.body +
      api
        .log()
        .split('\n')
        .filter((line) => line.includes('"error"'))
        .join('\n'),
  ).toBe(200);
  return response.json();
}

async function namesOf(path: string): Promise<readonly string[]> {
  const list = await get(path);
  const names = list.items.map(({ name }: { name: string }) => name);
  expect(list.total).toBe(names.length);
  return names;
}

describe('freshness in SQL', () => {
  it.each(freshnessTable)('%s, as in TypeScript', async (_sentence, ageMs, expected) => {
    const now = new Date('2026-01-01T12:00:00Z');
    const confirmedAt = ageMs === null ? null : new Date(now.getTime() - ageMs);
    const [row] = await api.database.query(
      `SELECT ${freshnessSql('$1::timestamptz', '$2')} AS freshness, ${isLiveSql('$1::timestamptz', '$2')} AS live`,
      [confirmedAt, now],
    );
    expect(row).toEqual({ freshness: expected, live: expected === 'Live' });
  });
});

describe('a cluster', () => {
  it('is ready when it is live and all its objects are good', async () => {
    await seedCluster(api, {
      name: 'prod',
      labels: { env: 'prod' },
      objects: [gitRepository(wanted), kustomization('flux-system', wanted), kustomization('apps', wanted)],
    });
    expect(await get('clusters/prod')).toMatchObject({
      name: 'prod',
      labels: { env: 'prod' },
      ready: true,
      reason: '',
      sync: 'Synced',
      health: 'Healthy',
      freshness: 'Live',
      intent: 'Following',
      revision: revisionOf(wanted),
      objects: { total: 3, ready: 3, failed: 0, suspended: 0 },
      agentVersion: '0.1.0',
      kubernetesVersion: 'v1.33.2',
      observedAt: '2026-03-01T12:00:00.000Z',
      connected: false,
      revoked: false,
    });
  });

  it('turns stale at 20 s and lost at 5 minutes, and is live again with the next confirmation', async () => {
    const id = await seedCluster(api, { name: 'edge', objects: [kustomization('apps', wanted)] });
    const seen = async () => {
      const [cluster, object] = [
        await get('clusters/edge'),
        await get('clusters/edge/objects/Kustomization/flux-system/apps'),
      ];
      expect(object.freshness).toBe(cluster.freshness);
      expect(object.ready).toBe(cluster.ready);
      const listed = await namesOf(`clusters?ready=true`);
      expect(listed).toEqual(cluster.ready ? ['edge'] : []);
      expect(cluster.objects.ready).toBe(cluster.ready ? 1 : 0);
      return [cluster.freshness, cluster.ready, cluster.sync];
    };
    expect(await seen()).toEqual(['Live', true, 'Synced']);
    api.clock.advance(19_999);
    expect(await seen()).toEqual(['Live', true, 'Synced']);
    api.clock.advance(1);
    expect(await seen()).toEqual(['Stale', false, 'Synced']);
    expect((await get('clusters/edge')).reason).toBe('its agent has not reported for 20 s');
    api.clock.advance(280_000);
    expect(await seen()).toEqual(['Lost', false, 'Synced']);
    await confirm(api, id);
    expect(await seen()).toEqual(['Live', true, 'Synced']);
  });

  it('that never reported is lost, unknown and not ready', async () => {
    await seedCluster(api, { name: 'new', ageMs: null });
    expect(await get('clusters/new')).toMatchObject({
      ready: false,
      reason: 'its agent has not reported yet',
      sync: 'Unknown',
      health: 'Unknown',
      freshness: 'Lost',
      observedAt: null,
    });
  });

  it('counts as old as the oldest of its shards', async () => {
    const id = await seedCluster(api, { name: 'sharded', objects: [kustomization('apps', wanted)] });
    await api.database.query(
      `INSERT INTO agents (cluster_id, shard, agent_version, kubernetes_version, observed_at) VALUES ($1, 'b', '', '', $2)`,
      [id, new Date(api.clock.now().getTime() - 30_000)],
    );
    expect(await get('clusters/sharded')).toMatchObject({ freshness: 'Stale', ready: false });
  });

  it('says what failed', async () => {
    await seedCluster(api, {
      name: 'prod',
      objects: [gitRepository(wanted), kustomization('apps', wanted, failedBuild(old, wanted))],
    });
    expect(await get('clusters/prod')).toMatchObject({
      ready: false,
      sync: 'Failed',
      health: 'Unhealthy',
      objects: { total: 2, ready: 1, failed: 1 },
      reason:
        '1 of 2 objects failed: Kustomization/flux-system/apps BuildFailed: kustomize build failed: no such file',
    });
  });

  it('is out of sync while a source has moved on and nobody has applied it', async () => {
    await seedCluster(api, { name: 'prod', objects: [gitRepository(wanted), kustomization('apps', old)] });
    expect(await get('clusters/prod')).toMatchObject({ ready: false, sync: 'OutOfSync', health: 'Healthy' });
    expect(await namesOf('objects?sync=OutOfSync')).toEqual(['apps']);
    expect(await namesOf('objects?ready=true')).toEqual(['flux-system']);
    expect(await namesOf('clusters?ready=true')).toEqual([]);
    expect(await namesOf('clusters?ready=false')).toEqual(['prod']);
  });

  it('is suspended when one of its objects is', async () => {
    await seedCluster(api, {
      name: 'prod',
      objects: [kustomization('apps', wanted, { suspended: true, generation: 2n })],
    });
    expect(await get('clusters/prod')).toMatchObject({
      ready: false,
      sync: 'Synced',
      health: 'Suspended',
      intent: 'Suspended',
    });
  });

  it('that does not exist is a 404 with a remedy', async () => {
    const response = await api.ask('GET', '/api/v1/clusters/nope');
    expect(response.statusCode).toBe(404);
    expect(response.json().error).toMatchObject({
      code: 'NotFound',
      message: 'cluster "nope" does not exist',
      remedy: 'flotilla get clusters lists the known ones',
      id: response.headers['x-request-id'],
    });
  });
});

describe('labels of clusters', () => {
  it.each([
    ['env=prod', ['b', 'c']],
    ['env==prod,region=eu', ['b']],
    ['env!=prod', ['a', 'd']],
    ['env in (prod, staging)', ['a', 'b', 'c']],
    ['env notin (prod)', ['a', 'd']],
    ['region', ['b', 'c']],
    ['!env', ['d']],
    ['weight>9', ['c']],
    ['weight<9', ['b']],
    ['', ['a', 'b', 'c', 'd']],
  ])('choose by %s', async (selector, expected) => {
    await seedCluster(api, { name: 'a', labels: { env: 'staging' } });
    await seedCluster(api, { name: 'b', labels: { env: 'prod', region: 'eu', weight: '2' } });
    await seedCluster(api, { name: 'c', labels: { env: 'prod', region: 'us', weight: '10' } });
    await seedCluster(api, { name: 'd', labels: { weight: 'heavy' } });
    expect(await namesOf(`clusters?labelSelector=${encodeURIComponent(selector)}`)).toEqual(expected);
  });

  it('that are no selector are refused with the field', async () => {
    const response = await api.ask(
      'GET',
      `/api/v1/clusters?labelSelector=${encodeURIComponent("env in (a'); DROP TABLE clusters; --")}`,
    );
    expect([response.statusCode, response.json().error.field]).toEqual([422, 'labelSelector']);
  });

  it('are set, kept and removed', async () => {
    await seedCluster(api, { name: 'prod', labels: { env: 'prod', old: '1' } });
    const response = await api.ask('PATCH', '/api/v1/clusters/prod', {
      body: { labels: { old: null, tier: 'gold' } },
    });
    expect(response.json().labels).toEqual({ env: 'prod', tier: 'gold' });
    expect((await get('clusters/prod')).labels).toEqual({ env: 'prod', tier: 'gold' });
  });

  it.each([[{ 'not a name': 'x' }], [{ env: 'not a value!' }], [{ env: 1 }]])(
    '%j are refused',
    async (labels) => {
      await seedCluster(api, { name: 'prod' });
      const response = await api.ask('PATCH', '/api/v1/clusters/prod', { body: { labels } });
      expect(response.statusCode, response.body).toBe(422);
    },
  );
});

describe('a cluster that is cut off', () => {
  it('keeps its data and is never ready', async () => {
    await seedCluster(api, { name: 'prod', objects: [kustomization('apps', wanted)] });
    const response = await api.ask('POST', '/api/v1/clusters/prod/revoke', { body: { reason: 'stolen' } });
    expect(response.json()).toMatchObject({
      revoked: true,
      ready: false,
      reason: 'its identity has been revoked: stolen',
    });
    expect(await namesOf('clusters?ready=true')).toEqual([]);
    expect((await get('clusters/prod')).objects.total).toBe(1);
  });

  it('is gone with everything when it is deleted', async () => {
    await seedCluster(api, { name: 'prod', objects: [kustomization('apps', wanted)] });
    expect((await api.ask('DELETE', '/api/v1/clusters/prod')).statusCode).toBe(204);
    expect((await api.ask('DELETE', '/api/v1/clusters/prod')).statusCode).toBe(404);
    expect(await namesOf('objects')).toEqual([]);
  });
});

describe('an object', () => {
  it('has its conditions in the single form only', async () => {
    await seedCluster(api, { name: 'prod', objects: [kustomization('apps', wanted)] });
    const single = await get('clusters/prod/objects/Kustomization/flux-system/apps');
    expect(single.conditions).toEqual([
      {
        type: 'Ready',
        status: 'True',
        reason: 'ReconciliationSucceeded',
        message: `Applied revision: ${revisionOf(wanted)}`,
        observedGeneration: 1,
        lastTransitionTime: '2026-03-01T11:00:00Z',
      },
    ]);
    const [listed] = (await get('objects')).items;
    expect(listed).not.toHaveProperty('conditions');
    expect({ ...single, conditions: undefined }).toMatchObject(listed);
  });

  it('that is missing is told from a cluster that is missing', async () => {
    await seedCluster(api, { name: 'prod' });
    const message = async (cluster: string) =>
      (await api.ask('GET', `/api/v1/clusters/${cluster}/objects/Kustomization/a/b`)).json().error.message;
    expect(await message('prod')).toBe('Kustomization/a/b is not reported by cluster "prod"');
    expect(await message('nope')).toBe('cluster "nope" does not exist');
  });

  it.each([
    ['cluster=a', ['flux-system', 'apps', 'infra']],
    ['cluster=a,b&kind=Kustomization', ['apps', 'infra', 'apps']],
    ['labelSelector=env%3Dprod', ['apps']],
    ['name=apps&cluster=b', ['apps']],
    ['namespace=elsewhere', []],
    ['sync=Failed', ['infra']],
    ['sync=Failed,Synced&cluster=a', ['flux-system', 'apps', 'infra']],
    ['health=Unhealthy', ['infra']],
    ['freshness=Stale', ['apps']],
    ['freshness=Live,Stale&kind=Kustomization', ['apps', 'infra', 'apps']],
    ['ready=true', ['flux-system', 'apps']],
    ['ready=false', ['infra', 'apps']],
    [`revision=${wanted.slice(0, 7)}`, ['flux-system', 'apps']],
    [`revision=${encodeURIComponent(revisionOf(old))}`, ['infra', 'apps']],
    ['revision=main', []],
    ['q=no%20such%20FILE', ['infra']],
    ['q=%25', []],
  ])('is found by %s', async (query, expected) => {
    await seedCluster(api, {
      name: 'a',
      objects: [
        gitRepository(wanted),
        kustomization('apps', wanted),
        kustomization('infra', old, failedBuild(old, wanted)),
      ],
    });
    await seedCluster(api, {
      name: 'b',
      labels: { env: 'prod' },
      ageMs: 25_000,
      objects: [kustomization('apps', old)],
    });
    expect(await namesOf(`objects?${query}`)).toEqual(expected);
  });

  it.each([
    ['objects?sync=Green', 'sync'],
    ['objects?ready=yes', 'ready'],
    ['objects?limit=0', 'limit'],
    ['objects?limit=501', 'limit'],
    ['objects?cursor=abc', 'cursor'],
    ['objects?freshnes=Live', 'freshnes'],
    ['events?since=yesterday', 'since'],
    ['where/main', 'commit'],
    ['where/abc123', 'commit'],
  ])('is not looked for by %s', async (path, field) => {
    const response = await api.ask('GET', `/api/v1/${path}`);
    expect([response.statusCode, response.json().error.code, response.json().error.field]).toEqual([
      422,
      'Invalid',
      field,
    ]);
  });
});
