import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres } from '../servers/postgres.js';
import type { Postgres } from '../servers/postgres.js';
import type { ApiHub } from './api-hub.js';
import { startApiHub } from './api-hub.js';

const clusters = 200;
const objectsPerCluster = 50;
let postgres: Postgres;
let api: ApiHub;

beforeAll(async () => {
  postgres = await startPostgres();
  api = await startApiHub(postgres);
  await seedFleet(api, clusters, objectsPerCluster);
});
afterAll(async () => {
  await api?.stop();
  await postgres?.stop();
});

/** A fleet in a few statements: every tenth object has failed, every fourth cluster is stale. */
async function seedFleet(hub: ApiHub, count: number, objects: number): Promise<void> {
  const now = hub.clock.now();
  await hub.database.query(
    `INSERT INTO clusters (id, name, uid, labels, enrolled_at)
     SELECT 'id-' || n, 'c' || lpad(n::text, 5, '0'), 'uid-' || n,
       jsonb_build_object('env', CASE n % 3 WHEN 0 THEN 'prod' ELSE 'dev' END), $2 FROM generate_series(1, $1::int) n`,
    [count, now],
  );
  await hub.database.query(
    `INSERT INTO agents (cluster_id, shard, agent_version, kubernetes_version, observed_at)
     SELECT 'id-' || n, '', '', '', $2::timestamptz - CASE n % 4 WHEN 0 THEN interval '1 minute' ELSE interval '0' END
     FROM generate_series(1, $1::int) n`,
    [count, now],
  );
  await hub.database.query(
    `INSERT INTO object_statuses (cluster_id, shard, key, api_version, kind, namespace, name, uid, generation,
       observed_generation, suspended, sync, health, ready_status, reason, message, conditions, revision, attempted_revision,
       source_api_version, source_kind, source_namespace, source_name, source_url, source_ref, last_handled_reconcile_at,
       changed_at, row_hash)
     SELECT 'id-' || c, '', 'v1|' || kind || '|ns|o' || o, 'v1', kind, 'ns', 'o' || o, '', 1, 1, false,
       CASE o % 10 WHEN 9 THEN 'Failed' ELSE 'Synced' END, CASE o % 10 WHEN 9 THEN 'Unhealthy' ELSE 'Healthy' END,
       'True', 'r', repeat('m', 200), '[]', 'main@sha1:' || repeat('a', 40), '', '', CASE o WHEN 1 THEN '' ELSE 'GitRepository' END,
       'ns', CASE o WHEN 1 THEN '' ELSE 'o1' END, '', '', '', $3, ''
     FROM generate_series(1, $1::int) c, generate_series(1, $2::int) o,
       LATERAL (SELECT CASE o WHEN 1 THEN 'GitRepository' ELSE 'Kustomization' END AS kind) k`,
    [count, objects, now],
  );
  await hub.database.query('ANALYZE');
}

interface Item {
  readonly cluster: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

async function pages(path: string): Promise<{
  readonly items: readonly Item[];
  readonly totals: ReadonlySet<number>;
  readonly pages: number;
}> {
  const items: Item[] = [];
  const totals = new Set<number>();
  let cursor: string | null = null;
  let count = 0;
  do {
    const more: string = cursor === null ? '' : `&cursor=${cursor}`;
    const response = await api.ask('GET', `/api/v1/${path}${more}`);
    expect(response.statusCode, response.body.slice(0, 300)).toBe(200);
    const page = response.json();
    items.push(...page.items);
    totals.add(page.total);
    cursor = page.nextCursor;
    count += 1;
  } while (cursor !== null);
  return { items, totals, pages: count };
}

const keyOf = ({ cluster, kind, namespace, name }: Item) => [cluster, kind, namespace, name].join(' ');

describe('pages over 10,000 objects', () => {
  it('hold every object once, in one order', async () => {
    const { items, totals, pages: count } = await pages('objects?limit=500');
    expect([items.length, count, [...totals]]).toEqual([10_000, 20, [10_000]]);
    const keys = items.map(keyOf);
    expect(new Set(keys).size).toBe(10_000);
    expect(keys).toEqual([...keys].sort());
  });

  it.each([
    ['sync=Failed', 1_000],
    ['ready=true', 150 * 45],
    ['ready=false', 10_000 - 150 * 45],
    ['freshness=Stale', 2_500],
    ['labelSelector=env%3Dprod', 66 * 50],
    ['labelSelector=env%3Dprod&sync=Failed&freshness=Live', 50 * 5],
    ['kind=GitRepository', 200],
    ['q=c00007', 50],
    ['cluster=c00001,c00200&kind=Kustomization', 98],
  ])('hold exactly what passes %s', async (filter, expected) => {
    const { items, totals } = await pages(`objects?limit=500&${filter}`);
    expect([items.length, [...totals]]).toEqual([expected, [expected]]);
  });

  it('neither repeat nor skip what stays while rows come and go between two pages', async () => {
    const first = (await api.ask('GET', '/api/v1/objects?limit=500&kind=GitRepository')).json();
    expect(first.nextCursor).toBeNull();
    const half = (await api.ask('GET', '/api/v1/clusters?limit=100')).json();
    await api.database.query("DELETE FROM clusters WHERE name = 'c00050'");
    await api.database.query(
      "INSERT INTO clusters (id, name, uid, enrolled_at) VALUES ('early', 'c00000', 'early', now()), ('late', 'c99999', 'late', now())",
    );
    const rest = (await api.ask('GET', `/api/v1/clusters?limit=500&cursor=${half.nextCursor}`)).json();
    expect(half.items.at(-1).name).toBe('c00100');
    expect(rest.items.map(({ name }: { name: string }) => name).slice(0, 2)).toEqual(['c00101', 'c00102']);
    expect(rest.items.at(-1).name).toBe('c99999');
    expect(rest.items).toHaveLength(101);
  });

  it('cannot be continued with other filters', async () => {
    const { nextCursor } = (await api.ask('GET', '/api/v1/objects?limit=1&sync=Failed')).json();
    const response = await api.ask('GET', `/api/v1/objects?limit=1&sync=Synced&cursor=${nextCursor}`);
    expect([response.statusCode, response.json().error.field]).toEqual([422, 'cursor']);
  });
});

describe('the next page of objects', () => {
  it('is read by the index of their identity, not by sorting the fleet', async () => {
    const rows: { 'QUERY PLAN': string }[] = await api.database.query(
      `EXPLAIN SELECT * FROM fleet_objects o WHERE (o.cluster, o.kind, o.namespace, o.name, o.api_version, o.shard)
         > ('c00100', 'Kustomization', 'ns', 'o5', 'v1', '') AND o.cluster >= 'c00100'
       ORDER BY o.cluster, o.kind, o.namespace, o.name, o.api_version, o.shard LIMIT 101`,
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('Incremental Sort');
    expect(plan).not.toContain('Seq Scan on object_statuses o');
  });
});
