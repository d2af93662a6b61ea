import { setTimeout as sleep } from 'node:timers/promises';
import { IntentResult_State as State } from '@flotilla/proto/flotilla/v1/intent';
import type { RunningHub } from '@flotilla/hub/start-hub';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTestHub } from '../servers/hub.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { connect, joinFleet } from './gateway-agent.js';
import { TestTable, kustomization } from './gateway-table.js';

const folder = temporaryFolder('intents');
const object = { kind: 'Kustomization', namespace: 'flux-system', name: 'a' };
let one: RunningHub;
let two: RunningHub;
let adminToken: string;

beforeAll(async () => {
  const databaseUrl = await (await sharedPostgres()).createDatabase();
  one = await startTestHub({ databaseUrl, dataDir: folder.path, flags: { heartbeat: '15' } });
  two = await startTestHub({ databaseUrl, dataDir: folder.path, flags: { heartbeat: '15' } });
  adminToken = readFileSync(join(folder.path, 'admin-token'), 'utf8').trim();
});
afterAll(async () => {
  await Promise.all([one?.stop(), two?.stop()]);
  folder.remove();
});

async function api<T>(method: string, path: string, body?: object): Promise<T> {
  const headers = {
    authorization: `Bearer ${adminToken}`,
    ...(body && { 'content-type': 'application/json' }),
  };
  const answer = await fetch(`${one.httpUrl}/api/v1${path}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as T;
}

async function reconcile(cluster: string): Promise<string> {
  const { items } = await api<{ items: { id: string }[] }>('POST', '/intents', {
    action: 'reconcile',
    clusters: [cluster],
    object,
    withSource: true,
  });
  return items[0]!.id;
}

async function stateOf(id: string): Promise<string> {
  return (await api<{ state: string }>('GET', `/intents/${id}`)).state;
}

function oneRow(name = 'a'): TestTable {
  const table = new TestTable();
  table.set(kustomization(name));
  return table;
}

describe('an intent', () => {
  it('reaches the cluster on whatever replica it is, and its outcome comes back', async () => {
    const member = await joinFleet(one, 'asked');
    const session = await connect(two.agentAddress, member, oneRow());
    const id = await reconcile('asked');
    const intent = await session.next('intent', 2000);
    expect(intent).toMatchObject({ id, action: { $case: 'reconcile', value: { object, withSource: true } } });
    await expect.poll(() => stateOf(id)).toBe('Delivered');
    session.send({
      $case: 'intentResult',
      value: { id, state: State.STATE_SUCCEEDED, message: 'done', at: new Date() },
    });
    await expect.poll(() => stateOf(id)).toBe('Succeeded');
    session.close();
  });

  it('waits for a cluster that is away, and is sent again when its answer was lost', async () => {
    const member = await joinFleet(one, 'away');
    const table = oneRow();
    (await connect(one.agentAddress, member, table)).close();
    const id = await reconcile('away');
    const first = await connect(one.agentAddress, member, table);
    expect((await first.next('intent', 2000)).id).toBe(id);
    first.close();
    const second = await connect(two.agentAddress, member, table);
    expect((await second.next('intent', 2000)).id).toBe(id);
    second.send({
      $case: 'intentResult',
      value: { id, state: State.STATE_REFUSED, message: 'policy', at: new Date() },
    });
    await expect.poll(() => stateOf(id)).toBe('Refused');
    second.close();
    const third = await connect(one.agentAddress, member, table);
    await sleep(200);
    expect(third.has('intent')).toBe(false);
    third.close();
  });

  it('goes to the shard that reports the object, and only there', async () => {
    const member = await joinFleet(one, 'sharded');
    const a = await connect(one.agentAddress, member, oneRow('other'), { shard: 'a', instanceId: 'pod-a' });
    const b = await connect(two.agentAddress, member, oneRow('a'), { shard: 'b', instanceId: 'pod-b' });
    const id = await reconcile('sharded');
    expect((await b.next('intent', 2000)).id).toBe(id);
    await sleep(200);
    expect(a.has('intent')).toBe(false);
    a.close();
    b.close();
  });
});
