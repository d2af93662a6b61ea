// Releases are found by what they hold.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import type { ApiHub } from './api-hub.js';
import { startApiHub } from './api-hub.js';
import { seedCluster } from './api-seed.js';
import { environment, pipeline } from './documents.js';

const commit = 'abcdef0123456789abcdef0123456789abcdef01';
const other = 'abcdef1123456789abcdef0123456789abcdef01';
const chart = { kind: 'HelmChart', namespace: 'flux-system', name: 'chart' };
const git = { kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' };
let api: ApiHub;

beforeAll(async () => {
  api = await startApiHub(await sharedPostgres());
  await seedCluster(api, { name: 'a', labels: { env: 'dev' } });
  const places = [{ name: 'dev', promote: 'manual' }];
  const byHand = { releases: { automatic: false } };
  const documents = [
    environment('dev'),
    pipeline('shop', places, byHand),
    pipeline('both', places, { ...byHand, sources: [git, chart] }),
  ];
  const applied = await api.ask('PUT', '/api/v1/apply', { body: { documents } });
  expect(applied.statusCode, applied.body).toBe(200);
  for (const [name, ...revisions] of [
    ['shop', `main@sha1:${commit}`],
    ['shop', `main@sha1:${other}`],
    ['both', `main@sha1:${commit}`, '1.4.0'],
  ] as const) {
    const items = revisions.map((revision, index) => ({ source: [git, chart][index], revision }));
    const made = await api.ask('POST', '/api/v1/releases', { body: { pipeline: name, items } });
    expect(made.statusCode, made.body).toBe(201);
  }
});
afterAll(() => api?.stop());

async function found(query: string): Promise<readonly string[]> {
  const answer = await api.ask('GET', `/api/v1/releases?${query}`);
  expect(answer.statusCode, answer.body).toBe(200);
  const { items, total } = answer.json();
  expect(total).toBe(items.length);
  return items.map(({ name }: { name: string }) => name).toSorted();
}

describe('GET /releases?revision', () => {
  it.each([
    ['a whole commit', `revision=${commit}`, ['both-1', 'shop-1']],
    ['the beginning of a commit', 'revision=ABCDEF0', ['both-1', 'shop-1']],
    ['the same in one pipeline', 'revision=abcdef0&pipeline=shop', ['shop-1']],
    ['a whole revision', `revision=main@sha1:${other}`, ['shop-2']],
    ['the version of a chart', 'revision=1.4.0', ['both-1']],
    ['a version that is only the beginning of one', 'revision=1.4', []],
    ['a commit that no release holds', 'revision=fedcba9', []],
  ])('finds those with %s', async (_sentence, query, names) => {
    expect(await found(query)).toEqual(names);
  });

  it('goes on page by page with the same filter, and with no other', async () => {
    const [first] = [(await api.ask('GET', '/api/v1/releases?revision=abcdef0&limit=1')).json()];
    expect([first.total, first.items[0].name]).toEqual([2, 'both-1']);
    const next = await api.ask('GET', `/api/v1/releases?revision=abcdef0&limit=1&cursor=${first.nextCursor}`);
    expect(next.json().items[0].name).toBe('shop-1');
    const wrong = await api.ask('GET', `/api/v1/releases?revision=abcdef1&cursor=${first.nextCursor}`);
    expect(wrong.statusCode).toBe(422);
  });
});
