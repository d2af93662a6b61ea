import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SourceGate_State } from '@flotilla/proto/flotilla/v1/state';
import type { ObjectState } from '@flotilla/proto/flotilla/v1/state';
import { Goodbye_Code } from '@flotilla/proto/flotilla/v1/agent';
import type { StandingIntents as StandingMessage } from '@flotilla/proto/flotilla/v1/standing';
import type { RunningHub } from '@flotilla/hub/start-hub';
import { StandingIntents } from '@flotilla/hub/standing/standing';
import type { PinRequest } from '@flotilla/hub/standing/standing';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHub } from '../servers/hub.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { connect, joinFleet, TestSession } from './gateway-agent.js';
import type { Member } from './gateway-agent.js';
import { TestTable, kustomization } from './gateway-table.js';

const folder = temporaryFolder('standing');
const source = { kind: 'GitRepository', namespace: 'flux-system', name: 'app' };
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
  const answer = await fetch(`${one.httpUrl}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${adminToken}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as T;
}

interface Gate {
  readonly version: number;
  readonly acknowledgedVersion: number;
  readonly refusal: string | null;
}

async function gateOf(cluster: string): Promise<Gate> {
  return (await api<{ gate: Gate }>('GET', `/clusters/${cluster}`)).gate;
}

async function pin(clusterId: string, revision: string, change: Partial<PinRequest> = {}): Promise<void> {
  const request = { clusterId, source, revision, reason: 'a test', requestedBy: 'test', rolloutId: null };
  await one.app
    .get(DataSource)
    .transaction((manager) =>
      one.app
        .get(StandingIntents, { strict: false })
        .change(manager, { pin: [{ ...request, ...change }] }, new Date()),
    );
}

function oneRow(): TestTable {
  const table = new TestTable();
  table.set(kustomization('a'));
  return table;
}

function acknowledge(session: TestSession, { version }: StandingMessage, refusal = ''): void {
  session.send({ $case: 'standingIntentsAck', value: { version, refusal } });
}

async function nothingComes(session: TestSession, withinMs = 300): Promise<void> {
  await sleep(withinMs);
  expect(session.has('standingIntents')).toBe(false);
}

/** A cluster whose agent keeps one pin. */
async function pinned(name: string): Promise<{ member: Member; table: TestTable; set: StandingMessage }> {
  const member = await joinFleet(one, name);
  const table = oneRow();
  const session = await connect(one.agentAddress, member, table);
  await pin(member.clusterId, 'main@sha1:aaa');
  const set = await session.next('standingIntents', 2000);
  acknowledge(session, set);
  await expect.poll(async () => (await gateOf(name)).acknowledgedVersion).toBe(Number(set.version));
  session.close();
  return { member, table, set };
}

describe('a set of standing intents', () => {
  it('is not sent where nothing has ever been asked', async () => {
    const session = await connect(one.agentAddress, await joinFleet(one, 'unasked'), oneRow());
    await nothingComes(session);
    expect(await gateOf('unasked')).toMatchObject({ version: 0, acknowledgedVersion: 0, refusal: null });
    session.close();
  });

  it('reaches the agent on the other replica, whole, and its acknowledgement is shown', async () => {
    const member = await joinFleet(one, 'far');
    const session = await connect(two.agentAddress, member, oneRow());
    await pin(member.clusterId, 'main@sha1:aaa', { reason: 'wave canary' });
    const first = await session.next('standingIntents', 2000);
    expect(first.pins).toMatchObject([
      { source, revision: 'main@sha1:aaa', reason: 'wave canary', requestedBy: 'test', breakGlass: false },
    ]);
    await pin(member.clusterId, 'main@sha1:bbb', { source: { ...source, name: 'other' } });
    const second = await session.next('standingIntents', 2000);
    expect(second.pins.map(({ revision }) => revision)).toEqual(['main@sha1:aaa', 'main@sha1:bbb']);
    expect(second.version).toBeGreaterThan(first.version);
    expect(await gateOf('far')).toMatchObject({ version: Number(second.version), acknowledgedVersion: 0 });
    acknowledge(session, second);
    await expect.poll(async () => (await gateOf('far')).acknowledgedVersion).toBe(Number(second.version));
    session.close();
  });

  it('comes after Welcome to an agent that keeps another version, and not to one that keeps it', async () => {
    const { member, table, set } = await pinned('back');
    const other = new TestSession(two.agentAddress, member);
    other.send(table.hello({ standingVersion: 0n }));
    await other.next('welcome');
    expect(await other.next('standingIntents', 2000)).toEqual(set);
    await expect.poll(async () => (await gateOf('back')).acknowledgedVersion).toBe(0);
    other.close();

    const same = new TestSession(one.agentAddress, member);
    same.send(table.hello({ standingVersion: set.version }));
    await same.next('welcome');
    await nothingComes(same);
    expect((await gateOf('back')).acknowledgedVersion).toBe(Number(set.version));
    same.close();
  });

  it('that changed while the agent was away comes when it is back', async () => {
    const { member, table, set } = await pinned('away');
    await pin(member.clusterId, 'main@sha1:bbb');
    const session = new TestSession(two.agentAddress, member);
    session.send(table.hello({ standingVersion: set.version }));
    const next = await session.next('standingIntents', 2000);
    expect([next.version > set.version, next.pins[0]?.revision]).toEqual([true, 'main@sha1:bbb']);
    session.close();
  });

  it('that was not acknowledged is sent again on the next session', async () => {
    const member = await joinFleet(one, 'lost');
    const table = oneRow();
    const first = await connect(one.agentAddress, member, table);
    await pin(member.clusterId, 'main@sha1:aaa');
    const set = await first.next('standingIntents', 2000);
    first.close();
    const second = await connect(two.agentAddress, member, table);
    expect(await second.next('standingIntents', 2000)).toEqual(set);
    second.close();
  });

  it('goes to every shard, and counts as taken over when all have', async () => {
    const member = await joinFleet(one, 'sharded');
    const shards = { shards: ['a', 'b'] };
    const a = await connect(one.agentAddress, member, oneRow(), {
      shard: 'a',
      instanceId: 'pod-a',
      ...shards,
    });
    const b = await connect(two.agentAddress, member, oneRow(), {
      shard: 'b',
      instanceId: 'pod-b',
      ...shards,
    });
    await pin(member.clusterId, 'main@sha1:aaa');
    const [toA, toB] = [await a.next('standingIntents', 2000), await b.next('standingIntents', 2000)];
    expect(toA).toEqual(toB);
    acknowledge(a, toA);
    await sleep(200);
    expect((await gateOf('sharded')).acknowledgedVersion).toBe(0);
    acknowledge(b, toB);
    await expect.poll(async () => (await gateOf('sharded')).acknowledgedVersion).toBe(Number(toB.version));
    a.close();
    b.close();
  });

  it('that is refused says why, until a later one is taken over', async () => {
    const { member, table, set } = await pinned('refusing');
    const session = await connect(one.agentAddress, member, table, { standingVersion: set.version });
    await pin(member.clusterId, 'main@sha1:bbb');
    const refused = await session.next('standingIntents', 2000);
    acknowledge(session, refused, 'the policy of the cluster does not allow pins\0');
    await expect
      .poll(() => gateOf('refusing'))
      .toMatchObject({
        version: Number(refused.version),
        acknowledgedVersion: Number(set.version),
        refusal: 'the policy of the cluster does not allow pins\ufffd',
      });
    await pin(member.clusterId, 'main@sha1:ccc');
    const next = await session.next('standingIntents', 2000);
    acknowledge(session, refused, 'late');
    acknowledge(session, next);
    await expect
      .poll(() => gateOf('refusing'))
      .toMatchObject({ acknowledgedVersion: Number(next.version), refusal: null });
    acknowledge(session, refused, 'even later');
    await sleep(200);
    expect((await gateOf('refusing')).refusal).toBeNull();
    session.close();
  });

  it('gets a version above that of an agent which knows more than the hub', async () => {
    const { member, table, set } = await pinned('restored');
    const kept = set.version + 1_000_000_000_000n;
    const session = new TestSession(one.agentAddress, member);
    session.send(table.hello({ standingVersion: kept }));
    const again = await session.next('standingIntents', 2000);
    expect(again.version).toBeGreaterThan(kept);
    expect(again.pins).toEqual(set.pins);
    session.close();
  });

  it('is emptied for an agent that keeps what a hub before this one asked', async () => {
    const member = await joinFleet(one, 'inherited');
    const session = new TestSession(one.agentAddress, member);
    session.send(oneRow().hello({ standingVersion: 5n }));
    const set = await session.next('standingIntents', 2000);
    expect(set.version).toBeGreaterThan(5n);
    expect([set.pins, set.freezes, set.vetoes]).toEqual([[], [], []]);
    session.close();
  });

  it('does not disturb an agent that does not know the message', async () => {
    const member = await joinFleet(one, 'old');
    const table = oneRow();
    const session = await connect(one.agentAddress, member, table);
    await pin(member.clusterId, 'main@sha1:aaa');
    await session.next('standingIntents', 2000);
    session.send(table.set(kustomization('b')));
    expect((await session.next('stateAck')).sequence).toBe(table.sequence);
    // The hub's net under lost messages does not send it over and over.
    await nothingComes(session, 6_000);
    expect(session.ended).toBe(false);
    session.close();
  }, 20_000);

  it.each<readonly [string, bigint]>([
    ['no clock shows', 2n ** 53n],
    ['is the largest of all', 2n ** 64n - 1n],
  ])('with a version that %s ends the session of who keeps it', async (_sentence, standingVersion) => {
    const member = await joinFleet(one, `impossible-${randomUUID()}`);
    const session = new TestSession(one.agentAddress, member);
    session.send(oneRow().hello({ standingVersion }));
    expect((await session.next('goodbye')).code).toBe(Goodbye_Code.CODE_PROTOCOL_ERROR);
    session.close();
  });

  it('that nobody sent cannot be acknowledged', async () => {
    const { member, table, set } = await pinned('boasting');
    const session = await connect(one.agentAddress, member, table, { standingVersion: set.version });
    session.send({ $case: 'standingIntentsAck', value: { version: set.version + 1_000_000n, refusal: '' } });
    await sleep(300);
    expect(await gateOf('boasting')).toMatchObject({
      acknowledgedVersion: Number(set.version),
      refusal: null,
    });
    session.close();
  });
});

describe('the gate of a source', () => {
  it('is a part of the row that is hashed, and of what is stored', async () => {
    const member = await joinFleet(one, 'gated');
    const table = new TestTable();
    const row = (state: SourceGate_State): ObjectState => ({
      ...kustomization('app'),
      ref: { apiVersion: 'source.toolkit.fluxcd.io/v1', ...source },
      revisionAuthor: 'Ada <ada@example.com>',
      gate: {
        state,
        mode: 'required',
        newestRevision: 'main@sha1:bbb',
        pinnedRevision: 'main@sha1:aaa',
        pinId: 'p1',
        message: 'rollout 1 holds it\0',
      },
    });
    table.set(row(SourceGate_State.STATE_PINNED));
    // The hub computes the hash of the snapshot over what it got, and would ask again.
    const session = await connect(two.agentAddress, member, table);
    session.send(table.set(row(SourceGate_State.STATE_FROZEN)));
    expect((await session.next('stateAck')).sequence).toBe(table.sequence);
    session.send(table.heartbeat());
    await sleep(300);
    expect(session.has('snapshotRequest')).toBe(false);
    expect(await api('GET', '/clusters/gated/objects/GitRepository/flux-system/app')).toMatchObject({
      intent: 'Frozen',
      revisionAuthor: 'Ada <ada@example.com>',
      gate: { state: 'Frozen', mode: 'required', pinId: 'p1', message: 'rollout 1 holds it\ufffd' },
    });
    session.close();
  });
});

describe('a veto', () => {
  it('reaches every connected cluster, also the next one that joins, and is taken back when it is lifted', async () => {
    const near = await connect(one.agentAddress, await joinFleet(one, 'near'), oneRow());
    const far = await connect(two.agentAddress, await joinFleet(one, 'further'), oneRow());
    const url = 'https://git.example.com/org/app';
    const veto = {
      url: `https://u:p@git.example.com/org/app`,
      revision: `main@sha1:${'b'.repeat(40)}`,
      reason: 'bad',
    };
    const { items } = await api<{ items: { id: string }[] }>('POST', '/vetoes', veto);
    const wanted = [{ id: items[0]!.id, url, revision: veto.revision, reason: 'bad' }];
    expect((await near.next('standingIntents', 3000)).vetoes).toMatchObject(wanted);
    expect((await far.next('standingIntents', 3000)).vetoes).toMatchObject(wanted);
    const joined = new TestSession(two.agentAddress, await joinFleet(one, 'newcomer'));
    joined.send(oneRow().hello());
    expect((await joined.next('standingIntents', 3000)).vetoes).toMatchObject(wanted);
    await api('POST', `/vetoes/${items[0]!.id}/lift`, { reason: 'fixed' });
    for (const session of [near, far, joined]) {
      expect((await session.next('standingIntents', 3000)).vetoes).toEqual([]);
      session.close();
    }
  });
});
