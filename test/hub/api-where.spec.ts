import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPostgres } from '../servers/postgres.js';
import type { Postgres } from '../servers/postgres.js';
import type { ApiHub } from './api-hub.js';
import { startApiHub } from './api-hub.js';
import {
  condition,
  failedBuild,
  gitRepository,
  kustomization,
  revisionOf,
  seedCluster,
  seedObjects,
} from './api-seed.js';

const old = 'aaaaaaaaaa';
const wanted = 'bbbbbbbbbb';
const later = 'cccccccccc';
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

describe('where a commit is', () => {
  const where = async (commit: string) => {
    const answer = await get(`where/${encodeURIComponent(commit)}`);
    const states = answer.clusters.map(({ cluster, state }: { cluster: string; state: string }) => [
      cluster,
      state,
    ]);
    return { ...answer, states: Object.fromEntries(states) };
  };

  it('is told for every cluster', async () => {
    const fetchFailed = {
      conditions: [condition('Ready', 'False', 'GitOperationFailed', 'no route to host')],
    };
    await seedCluster(api, { name: 'behind', objects: [gitRepository(old), kustomization('apps', old)] });
    await seedCluster(api, {
      name: 'blocked',
      objects: [gitRepository(old, fetchFailed), kustomization('apps', old)],
    });
    await seedCluster(api, { name: 'empty' });
    await seedCluster(api, {
      name: 'failed',
      objects: [
        gitRepository(wanted),
        kustomization('apps', old, failedBuild(old, wanted)),
        kustomization('infra', wanted),
      ],
    });
    await seedCluster(api, {
      name: 'lost',
      ageMs: 400_000,
      objects: [gitRepository(old), kustomization('apps', old)],
    });
    await seedCluster(api, {
      name: 'partial',
      objects: [gitRepository(wanted), kustomization('apps', old), kustomization('infra', wanted)],
    });
    await seedCluster(api, {
      name: 'reached',
      objects: [gitRepository(wanted), kustomization('apps', wanted)],
    });
    const answer = await where(wanted.slice(0, 7));
    expect(answer.states).toEqual({
      behind: 'Behind',
      blocked: 'Failed',
      empty: 'Unknown',
      failed: 'Failed',
      lost: 'Unknown',
      partial: 'Partial',
      reached: 'Reached',
    });
    expect(answer.summary).toEqual({ Reached: 1, Partial: 1, Failed: 2, Behind: 1, Unknown: 2 });
    expect(answer.clusters[1].failed).toEqual([
      {
        kind: 'GitRepository',
        namespace: 'flux-system',
        name: 'flux-system',
        reason: 'GitOperationFailed',
        message: 'no route to host',
      },
    ]);
    expect(answer.clusters[3]).toMatchObject({
      objects: { reached: 1, total: 2 },
      failed: [{ name: 'apps', reason: 'BuildFailed' }],
    });
    expect(answer.clusters[6]).toMatchObject({ freshness: 'Live', reachedAt: '2026-03-01T11:00:00.000Z' });
  });

  it('is known by the whole revision, too', async () => {
    await seedCluster(api, { name: 'prod', objects: [gitRepository(wanted), kustomization('apps', wanted)] });
    expect((await where(revisionOf(wanted))).states).toEqual({ prod: 'Reached' });
    expect((await where(`prod@sha1:${wanted}`)).states).toEqual({ prod: 'Behind' });
  });

  it('leaves out Kustomizations of other repositories, by whatever address the repository is followed', async () => {
    const other = { ...gitRepository(old).ref!, name: 'other' };
    const ssh = { sourceUrl: 'ssh://git@git.example.com/org/fleet.git' };
    await seedCluster(api, {
      name: 'a',
      objects: [
        gitRepository(wanted),
        gitRepository(old, { ref: other, sourceUrl: 'https://git.example.com/org/other' }),
        kustomization('apps', wanted),
        kustomization('others', old, { source: other }),
      ],
    });
    await seedCluster(api, { name: 'b', objects: [gitRepository(old, ssh), kustomization('apps', old)] });
    const answer = await where(wanted);
    expect(answer.states).toEqual({ a: 'Reached', b: 'Behind' });
    expect(answer.clusters[0].objects).toEqual({ reached: 1, total: 1 });
  });

  it('stays reached when the cluster moves on, and not when it goes back', async () => {
    const at = (minute: number) => ({ changedAt: new Date(Date.UTC(2026, 2, 1, 11, minute)) });
    const id = await seedCluster(api, {
      name: 'prod',
      objects: [gitRepository(old), kustomization('apps', old, at(0))],
    });
    const moveTo = (commit: string, minute: number) =>
      seedObjects(api, id, [gitRepository(commit), kustomization('apps', commit, at(minute))]);
    expect((await where(wanted)).states).toEqual({ prod: 'Behind' });
    await moveTo(wanted, 1);
    expect((await where(wanted)).clusters[0]).toMatchObject({
      state: 'Reached',
      reachedAt: '2026-03-01T11:01:00.000Z',
    });
    await moveTo(later, 2);
    expect((await where(wanted)).clusters[0]).toMatchObject({
      state: 'Reached',
      reachedAt: '2026-03-01T11:01:00.000Z',
    });
    expect((await where(later)).states).toEqual({ prod: 'Reached' });
    await moveTo(old, 3);
    expect((await where(wanted)).states).toEqual({ prod: 'Behind' });
    expect((await where(old)).states).toEqual({ prod: 'Reached' });
  });

  it('remembers the last 20 revisions of a Kustomization, and does not grow without end', async () => {
    const commits = Array.from({ length: 100 }, (_, i) => `${i}`.padStart(4, '0').padStart(10, 'e'));
    const id = await seedCluster(api, { name: 'prod', objects: [gitRepository(commits[0]!)] });
    for (const [minute, commit] of commits.entries()) {
      const changedAt = new Date(Date.UTC(2026, 2, 1, 11, minute));
      await seedObjects(api, id, [gitRepository(commit), kustomization('apps', commit, { changedAt })]);
    }
    const [row] = await api.database.query('SELECT count(*)::int AS count FROM object_revisions');
    expect(row.count).toBeGreaterThanOrEqual(20);
    expect(row.count).toBeLessThan(60);
    expect((await where(commits[82]!)).states).toEqual({ prod: 'Reached' });
  });
});

describe('events', () => {
  it('are listed newest first, filtered, and tell of gaps', async () => {
    const id = await seedCluster(api, { name: 'prod' });
    await seedCluster(api, { name: 'dev' });
    const insert = (n: number, severity: string, name: string | null) =>
      api.database.query(
        `INSERT INTO records (id, cluster_id, spool_id, sequence, recorded_at, stored_at, severity, reason, message,
           object_api_version, object_kind, object_namespace, object_name, metadata)
         VALUES ($1, $2, 's', $3, $4, $4, $5, $6, 'text', $7, $8, $9, $10, '{"revision":"main"}')`,
        [
          `id-${n}`,
          id,
          n,
          new Date(Date.UTC(2026, 2, 1, 11, n)),
          severity,
          name ? 'Some' : 'RecordsLost',
          ...(name ? ['v1', 'Kustomization', 'flux-system', name] : [null, null, null, null]),
        ],
      );
    await insert(1, 'info', 'apps');
    await insert(2, 'error', 'infra');
    await insert(3, 'error', null);
    const ids = async (query: string) =>
      (await get(`events?${query}`)).items.map((one: { id: string }) => one.id);
    expect(await ids('')).toEqual(['id-3', 'id-2', 'id-1']);
    expect(await ids('severity=error')).toEqual(['id-3', 'id-2']);
    expect(await ids('cluster=prod&name=apps')).toEqual(['id-1']);
    expect(await ids('cluster=dev')).toEqual([]);
    expect(await ids('since=2026-03-01T11:02:00Z')).toEqual(['id-3', 'id-2']);
    const [gap, event] = (await get('events?limit=2')).items;
    expect(gap).toMatchObject({ severity: 'error', reason: 'RecordsLost', object: null });
    expect(event).toMatchObject({
      cluster: 'prod',
      object: { kind: 'Kustomization', namespace: 'flux-system', name: 'infra' },
      metadata: { revision: 'main' },
    });
  });
});
