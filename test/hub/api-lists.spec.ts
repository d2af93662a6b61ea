import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { startApiHub } from './api-hub.js';
import type { ApiHub } from './api-hub.js';
import { gitRepository, kustomization, revisionOf, seedCluster } from './api-seed.js';
import { document, environment, pipeline } from './documents.js';

interface Page {
  readonly items: readonly object[];
  readonly nextCursor: string | null;
  readonly total: number;
}

const rows = 3;
const names = Array.from({ length: rows }, (_, index) => `n${index}`);
let api: ApiHub;

beforeAll(async () => {
  api = await startApiHub(await sharedPostgres());
  for (const name of names)
    await seedCluster(api, { name, objects: [gitRepository('a1'), kustomization('apps', 'a1')] });
  await fill();
});
afterAll(async () => {
  await api?.stop();
});

async function send(method: 'POST' | 'PUT', path: string, body: object): Promise<void> {
  const answer = await api.ask(method, `/api/v1/${path}`, { body });
  expect(answer.statusCode, answer.body).toBeLessThan(300);
}

/** Several of everything that has a list. */
async function fill(): Promise<void> {
  const until = new Date(api.clock.now().getTime() + 3_600_000).toISOString();
  for (const name of names) {
    const freeze = { scope: { cluster: name }, reason: 'holidays', until };
    const stage = { name, promote: 'manual' };
    await send('PUT', 'apply', {
      documents: [
        environment(name, { env: name }, { allowEmpty: true }),
        pipeline(name, [stage], { releases: { automatic: false } }),
        document('Freeze', name, freeze),
      ],
    });
    await send('POST', 'releases', { pipeline: name, items: [{ revision: revisionOf('a1') }] });
    await send('POST', 'vetoes', {
      url: `https://git.example.com/${name}`,
      revision: revisionOf('b2'),
      reason: 'r',
    });
    await send('POST', 'join-tokens', {});
    await send('POST', 'api-tokens', { name, role: 'viewer' });
    await send('POST', 'plans', { ref: `refs/heads/${name}` });
    await send('POST', 'intents', {
      action: 'reconcile',
      clusters: [name],
      object: { kind: 'Kustomization', namespace: 'flux-system', name: 'apps' },
    });
  }
  await insertPast();
}

/** What has ended, so that no engine takes it up. */
async function insertPast(): Promise<void> {
  const now = api.clock.now();
  await api.database.query(
    `INSERT INTO promotions (id, pipeline, environment, release_id, release_name, release_number, origin, priority,
       requested_by, state, reason, waiting_for, authors, created_at, updated_at, ended_at, retired_at)
     SELECT 'p' || n, 'gone', 'n0', 'r' || n, 'gone-' || n, n, 'manual', 'normal', 'ada', 'Promoted', 'why', '',
       '{"emails":[],"tokens":[]}', $2, $2, $2, $2 FROM generate_series(1, $1::int) n`,
    [rows, now],
  );
  await api.database.query(
    `INSERT INTO rollouts (id, promotion_id, pipeline, environment, release, items, plan, requested_by, break_glass,
       state, reason, wave, waves, sequence, accepted, late_failures, halted, superseded, looked_at, elapsed_ms,
       steady_from_ms, is_open, created_at)
     SELECT 'ro' || n, 'p' || n, 'gone', 'n0', 'gone-' || n, '[]', '{"kind":"promotion","delivery":"pins","waves":[]}',
       'ada', false, 'Succeeded', '', 0, '[]', 0, 0, 0, false, false, $2, 0, 0, false, $2
     FROM generate_series(1, $1::int) n`,
    [rows, now],
  );
  await api.database.query(
    `INSERT INTO records (id, cluster_id, spool_id, sequence, recorded_at, stored_at, severity, reason, message)
     SELECT 'e' || n, c.id, 's', n, $2, $2, 'info', 'Ready', 'm' FROM clusters c, generate_series(1, $1::int) n
     WHERE c.name = 'n0'`,
    [rows, now],
  );
}

async function read(path: string): Promise<Page> {
  const answer = await api.ask('GET', `/api/v1/${path}`);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
}

describe('a list that is read in pages of one', () => {
  it.each([
    'api-tokens',
    'audit',
    'clusters',
    'environments',
    'events',
    'freezes',
    'intents',
    'join-tokens',
    'objects',
    'pipelines',
    'plans',
    'promotions',
    'releases',
    'rollouts',
    'vetoes',
  ])('of %s is the whole list, in its order', async (list) => {
    const whole = await read(`${list}?limit=500`);
    expect(whole.items.length).toBeGreaterThanOrEqual(rows);
    const seen: object[] = [];
    let page: Page;
    let cursor = '';
    do {
      page = await read(`${list}?limit=1${cursor}`);
      expect(page.items).toHaveLength(1);
      expect(page.total).toBe(whole.total);
      seen.push(...page.items);
      cursor = `&cursor=${page.nextCursor}`;
    } while (page.nextCursor !== null && seen.length <= whole.total);
    expect(seen).toEqual(whole.items);
  });
});
