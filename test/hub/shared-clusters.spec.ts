import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Pipelines } from '@flotilla/hub/pipelines/pipelines';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import type { ApiHub } from './api-hub.js';
import { startApiHub } from './api-hub.js';
import { seedCluster } from './api-seed.js';

let api: ApiHub;

beforeAll(async () => {
  api = await startApiHub(await sharedPostgres());
  const selectors = {
    prod: { env: 'prod' },
    eu: { region: 'eu' },
    all: { tier: 'app' },
    lab: { env: 'lab' },
  };
  for (const [name, matchLabels] of Object.entries(selectors)) {
    const document = { apiVersion: 'flotilla.dev/v1alpha1', kind: 'Environment', metadata: { name } };
    const answer = await api.ask('PUT', '/api/v1/apply', {
      body: { ...document, spec: { selector: { matchLabels }, allowEmpty: true } },
    });
    expect(answer.statusCode).toBe(200);
  }
  await seedCluster(api, { name: 'c', labels: { env: 'prod', region: 'eu', tier: 'app' } });
  await seedCluster(api, { name: 'b', labels: { env: 'prod', region: 'eu', tier: 'app' } });
  await seedCluster(api, { name: 'a', labels: { env: 'prod', region: 'us', tier: 'app' } });
  const gone = await seedCluster(api, { name: 'gone', labels: { env: 'lab', region: 'eu', tier: 'app' } });
  await api.database.query('UPDATE clusters SET revoked_at = now(), revoked_reason = $2 WHERE id = $1', [
    gone,
    'lost',
  ]);
});
afterAll(() => api.stop());

describe('environments share', () => {
  it.each<[string, string, readonly string[], Record<string, string>]>([
    ['the first of their clusters by name', 'prod', ['eu', 'all'], { eu: 'b', all: 'a' }],
    ['all of them with themselves', 'prod', ['prod'], { prod: 'a' }],
    ['none that was revoked', 'eu', ['lab', 'prod'], { prod: 'b' }],
    ['none with one that does not exist', 'eu', ['nowhere'], {}],
    ['none where there is no other', 'eu', [], {}],
    ['none when they do not exist themselves', 'nowhere', ['eu'], {}],
  ])('%s', async (_what, environment, others, expected) => {
    const pipelines = api.hub.app.get(Pipelines, { strict: false });
    const shared = await pipelines.sharedWith(api.database.manager, environment, others);
    expect(Object.fromEntries([...shared].map(([name, cluster]) => [name, cluster.name]))).toEqual(expected);
  });
});
