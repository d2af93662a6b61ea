import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';
import { startApiHub } from './api-hub.js';
import type { ApiHub } from './api-hub.js';
import { confirm, gitRepository, revisionOf, seedCluster, seedObjects } from './api-seed.js';
import { environment, pipeline } from './documents.js';

let api: ApiHub;
let prod: string;
let dev: string;

beforeAll(async () => {
  api = await startApiHub(await sharedPostgres());
});
afterAll(() => api?.stop());
beforeEach(async () => {
  await api.database.query('DELETE FROM pipelines; DELETE FROM environments; DELETE FROM clusters');
  dev = await seedCluster(api, { name: 'dev', labels: { env: 'dev' }, objects: [gitRepository('a')] });
  prod = await seedCluster(api, { name: 'prod', labels: { env: 'prod' }, objects: [gitRepository('a')] });
});

async function apply(...documents: object[]): Promise<void> {
  const answer = await api.ask('PUT', '/api/v1/apply', { body: { documents } });
  expect(answer.json()).not.toHaveProperty('error');
}

/** Cluster id -> the revision that its source is pinned to. */
async function pins(): Promise<Record<string, string>> {
  const rows = await api.database.query<{ cluster: string; revision: string }[]>(
    'SELECT cluster_id AS cluster, revision FROM pins',
  );
  return Object.fromEntries(rows.map(({ cluster, revision }) => [cluster, revision]));
}

const untilPins = (expected: Record<string, string>) =>
  waitFor('the pins', async () => JSON.stringify(await pins()) === JSON.stringify(expected));
const manual = (name: string, delivery = 'pins') => ({ name, promote: 'manual', delivery });
const takePipeline = () =>
  apply(
    environment('dev'),
    environment('prod'),
    pipeline('shop', [manual('dev', 'follow'), manual('prod')], { releases: { automatic: false } }),
  );

describe('a pipeline', () => {
  it('keeps the clusters that it moves where they are, and lets others follow', async () => {
    await takePipeline();
    await untilPins({ [prod]: revisionOf('a') });
    await seedObjects(api, prod, [gitRepository('b')]);
    await seedObjects(api, dev, [gitRepository('b')]);
    await takePipeline();
    expect(await pins()).toEqual({ [prod]: revisionOf('a') });
  });

  it('waits for a cluster that joins to have an artifact, and for one that is away to be back', async () => {
    await takePipeline();
    await untilPins({ [prod]: revisionOf('a') });
    const young = await seedCluster(api, { name: 'young', labels: { env: 'prod' } });
    const away = await seedCluster(api, {
      name: 'away',
      labels: { env: 'prod' },
      ageMs: 60_000,
      objects: [gitRepository('a')],
    });
    await seedObjects(api, young, [gitRepository('b')]);
    await waitFor('the young one', async () => (await pins())[young] === revisionOf('b'));
    expect(await pins()).not.toHaveProperty(away);
    await confirm(api, away);
    await waitFor('the other one', async () => (await pins())[away] === revisionOf('a'));
  });

  it('lets go of a cluster that leaves its environments', async () => {
    await takePipeline();
    await untilPins({ [prod]: revisionOf('a') });
    const answer = await api.ask('PATCH', '/api/v1/clusters/prod', { body: { labels: { env: 'lab' } } });
    expect(answer.statusCode).toBe(200);
    await untilPins({});
  });

  it('lets go of everything when it is deleted', async () => {
    await takePipeline();
    await untilPins({ [prod]: revisionOf('a') });
    expect((await api.ask('DELETE', '/api/v1/pipelines/shop')).statusCode).toBe(204);
    await untilPins({});
  });
});
