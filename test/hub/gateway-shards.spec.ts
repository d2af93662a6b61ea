// Agents that split their objects say so in Hello; what was reported under another split must not stay for ever.
import type { RunningHub } from '@flotilla/hub/start-hub';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestHub } from '../servers/hub.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';
import { connect, joinFleet, type Member, TestSession } from './gateway-agent.js';
import { kustomization, TestTable } from './gateway-table.js';

let hub: RunningHub;
let sql: DataSource;
const open: TestSession[] = [];
const beats: NodeJS.Timeout[] = [];

beforeAll(async () => {
  const postgres = await sharedPostgres();
  hub = await startTestHub({ databaseUrl: await postgres.createDatabase(), flags: { heartbeat: '1' } });
  sql = hub.app.get(DataSource);
});
afterAll(async () => hub?.stop());
afterEach(() => {
  beats.splice(0).forEach(clearInterval);
  open.splice(0).forEach((session) => session.close());
});

/** Dials as a shard that reports these objects, and waits until the hub holds them. */
async function report(
  member: Member,
  shard: string,
  shards: string[],
  ...names: string[]
): Promise<TestSession> {
  const table = new TestTable();
  table.set(...names.map((name) => kustomization(name)));
  const session = await connect(hub.agentAddress, member, table, {
    shard,
    shards,
    instanceId: `instance-${shard}`,
  });
  open.push(session);
  beats.push(setInterval(() => session.send(table.heartbeat()), 500));
  return session;
}

async function rows({ clusterId }: Member): Promise<string[]> {
  const found = await sql.query<{ shard: string; reported: boolean; names: string | null }[]>(
    `SELECT a.shard, a.observed_at IS NOT NULL AS reported, string_agg(o.name, ' ' ORDER BY o.name) AS names
     FROM agents a LEFT JOIN object_statuses o ON o.cluster_id = a.cluster_id AND o.shard = a.shard
     WHERE a.cluster_id = $1 GROUP BY a.shard, a.observed_at ORDER BY a.shard`,
    [clusterId],
  );
  return found.map(({ shard, reported, names }) => `${shard}: ${reported ? (names ?? '') : 'unknown'}`);
}

async function isConfirmed({ clusterId }: Member): Promise<boolean> {
  const [row] = await sql.query<{ at: Date | null }[]>(
    'SELECT observed_at AS at FROM fleet_clusters WHERE id = $1',
    [clusterId],
  );
  return row?.at != null;
}

describe('a cluster that is split into shards', () => {
  it('is known only when every shard has reported', async () => {
    const member = await joinFleet(hub, 'parts');
    await report(member, '0', ['0', '1'], 'a');
    expect(await rows(member)).toEqual(['0: a', '1: unknown']);
    expect(await isConfirmed(member)).toBe(false);
    await report(member, '1', ['0', '1'], 'b');
    expect(await rows(member)).toEqual(['0: a', '1: b']);
    expect(await isConfirmed(member)).toBe(true);
  });

  it('forgets the agent that reported everything before it was split', async () => {
    const member = await joinFleet(hub, 'split');
    const whole = await report(member, '', [], 'a', 'b');
    whole.close();
    await waitFor('the session to end', async () => {
      const [row] = await sql.query<{ n: number }[]>(
        'SELECT count(*)::int AS n FROM agents WHERE cluster_id = $1 AND replica_id IS NOT NULL',
        [member.clusterId],
      );
      return row?.n === 0;
    });
    await report(member, '0', ['0', '1'], 'a');
    await report(member, '1', ['0', '1'], 'b');
    expect(await rows(member)).toEqual(['0: a', '1: b']);
  });

  it('forgets a shard of an earlier split that hung up later', async () => {
    const member = await joinFleet(hub, 'fewer');
    const third = await report(member, '2', ['0', '1', '2'], 'c');
    await report(member, '0', ['0', '1'], 'a', 'c');
    await report(member, '1', ['0', '1'], 'b');
    expect(await rows(member)).toEqual(['0: a c', '1: b', '2: c']);
    third.close();
    await waitFor('the old shard to be forgotten', async () => (await rows(member)).length === 2, {
      timeoutMs: 40_000,
    });
    expect(await rows(member)).toEqual(['0: a c', '1: b']);
  });

  it('keeps shards that nobody has declared beside each other, as label selectors make them', async () => {
    const member = await joinFleet(hub, 'labels');
    await report(member, '', [], 'a');
    await report(member, 'shard1', [], 'b');
    expect(await rows(member)).toEqual([': a', 'shard1: b']);
  });

  it.each([
    ['does not name the shard itself', '2', ['0', '1']],
    ['has a name that is empty', '0', ['0', '']],
    ['is longer than anyone needs', '0', Array.from({ length: 257 }, (_, i) => String(i))],
  ])('is refused when its list %s', async (_, shard, shards) => {
    const member = await joinFleet(hub, `bad-${shards.length}-${shard}`);
    const session = new TestSession(hub.agentAddress, member);
    open.push(session);
    session.send(new TestTable().hello({ shard, shards }));
    expect((await session.next('goodbye')).message).toContain('Hello');
    expect(await rows(member)).toEqual([]);
  });
});
