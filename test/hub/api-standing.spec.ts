import { ObjectState, SourceGate_State } from '@flotilla/proto/flotilla/v1/state';
import type { SourceGate } from '@flotilla/proto/flotilla/v1/state';
import { StandingPort } from '@flotilla/hub/gateway/standing-port';
import { newId } from '@flotilla/hub/platform/ids';
import { StandingIntents } from '@flotilla/hub/standing/standing';
import type { PinRequest } from '@flotilla/hub/standing/standing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPostgres } from '../servers/postgres.js';
import type { Postgres } from '../servers/postgres.js';
import type { ApiHub } from './api-hub.js';
import { startApiHub } from './api-hub.js';
import { gitRepository, kustomization, revisionOf, seedCluster, seedObjects } from './api-seed.js';

const source = { kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' };
const url = 'https://git.example.com/org/fleet';
const bad = revisionOf('bad');
let postgres: Postgres;
let api: ApiHub;
let standing: StandingIntents;
let port: StandingPort;

beforeAll(async () => {
  postgres = await startPostgres();
  api = await startApiHub(postgres);
  standing = api.hub.app.get(StandingIntents, { strict: false });
  port = api.hub.app.get(StandingPort, { strict: false });
});
afterAll(async () => {
  await api?.stop();
  await postgres?.stop();
});
beforeEach(async () => {
  for (const table of ['freezes', 'vetoes', 'clusters']) await api.database.query(`DELETE FROM ${table}`);
});

function request(clusterId: string, change: Partial<PinRequest> = {}): PinRequest {
  const common = { clusterId, source, revision: revisionOf('aaa'), reason: 'wave 1' };
  return { ...common, requestedBy: 'ada', rolloutId: null, ...change };
}

async function pin(...pins: readonly PinRequest[]): Promise<void> {
  await api.database.transaction((manager) => standing.change(manager, { pin: pins }, api.clock.now()));
}

async function unpin(clusterId: string): Promise<void> {
  await api.database.transaction((manager) =>
    standing.change(manager, { unpin: [{ clusterId, source }] }, api.clock.now()),
  );
}

async function versionOf(clusterId: string): Promise<bigint> {
  return (await port.current(clusterId, 0n))?.version ?? 0n;
}

async function pinsOf(clusterId: string): Promise<readonly string[]> {
  return (await port.current(clusterId, 0n))?.pins.map(({ revision }) => revision) ?? [];
}

describe('a pin', () => {
  it('takes the place of the one before, and is there for those who want to go back', async () => {
    const id = await seedCluster(api, { name: 'a' });
    await pin(request(id));
    await pin(request(id, { revision: revisionOf('bbb'), rolloutId: 'r1', promotionId: 'p1' }));
    expect(await standing.pinsOf(api.database.manager, [id])).toMatchObject([
      {
        clusterId: id,
        source,
        revision: revisionOf('bbb'),
        reason: 'wave 1',
        requestedBy: 'ada',
        rolloutId: 'r1',
        promotionId: 'p1',
        mayPass: [],
        createdAt: api.clock.now(),
      },
    ]);
    expect(await pinsOf(id)).toEqual([revisionOf('bbb')]);
    await unpin(id);
    expect([await pinsOf(id), await standing.pinsOf(api.database.manager, [id])]).toEqual([[], []]);
  });

  it('raises the version of its cluster exactly when it changes what is asked', async () => {
    const [a, b] = [await seedCluster(api, { name: 'a' }), await seedCluster(api, { name: 'b' })];
    await pin(request(a), request(b));
    const [first, other] = [await versionOf(a), await versionOf(b)];
    await pin(request(a));
    expect(await versionOf(a)).toBe(first);
    await pin(request(a, { reason: 'wave 2' }));
    const second = await versionOf(a);
    expect(second).toBeGreaterThan(first);
    await unpin(a);
    const third = await versionOf(a);
    expect(third).toBeGreaterThan(second);
    await unpin(a);
    expect([await versionOf(a), await versionOf(b)]).toEqual([third, other]);
  });

  it('is not there when its transaction fails', async () => {
    const id = await seedCluster(api, { name: 'a' });
    const failing = api.database.transaction(async (manager) => {
      await standing.change(manager, { pin: [request(id)] }, api.clock.now());
      throw new Error('the rollout failed');
    });
    await expect(failing).rejects.toThrow('the rollout failed');
    expect([await versionOf(id), await pinsOf(id)]).toEqual([0n, []]);
  });

  it('of a cluster that is gone is skipped', async () => {
    const id = await seedCluster(api, { name: 'a' });
    await pin(request(newId()), request(id));
    expect(await pinsOf(id)).toEqual([revisionOf('aaa')]);
  });

  it('that is named twice is the last one', async () => {
    const id = await seedCluster(api, { name: 'a' });
    await pin(request(id), request(id, { revision: revisionOf('bbb') }));
    expect(await pinsOf(id)).toEqual([revisionOf('bbb')]);
  });

  it('of many at the same time is never lost', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, (_, i) => seedCluster(api, { name: `c${i}` })));
    const ofSource = (name: string) => (id: string) => request(id, { source: { ...source, name } });
    const sources = Array.from({ length: 10 }, (_, i) => `s${i}`);
    await Promise.all(
      sources.map((name, i) => {
        const pins = ids.map(ofSource(name));
        return pin(...(i % 2 === 0 ? pins : [...pins].reverse()));
      }),
    );
    for (const id of ids) expect((await port.current(id, 0n))?.pins).toHaveLength(10);
  });
});

describe('the progress of clusters', () => {
  it('is what every shard has taken over', async () => {
    const id = await seedCluster(api, { name: 'a' });
    expect(await standing.progressOf(api.database.manager, [id])).toEqual([]);
    await pin(request(id));
    const version = await versionOf(id);
    const progress = () => standing.progressOf(api.database.manager, [id]);
    expect(await progress()).toEqual([{ clusterId: id, version, acknowledged: 0n, refusal: '' }]);
    await port.answered({ clusterId: id, shard: '' }, { version, refusal: '' });
    expect(await progress()).toEqual([{ clusterId: id, version, acknowledged: version, refusal: '' }]);
    await pin(request(id, { revision: revisionOf('bbb') }));
    await port.answered({ clusterId: id, shard: '' }, { version: await versionOf(id), refusal: 'no' });
    expect(await progress()).toMatchObject([{ acknowledged: version, refusal: 'no' }]);
  });
});

describe('freezes that stand', () => {
  async function freeze(name: string, spec: object): Promise<void> {
    const until = new Date(api.clock.now().getTime() + 3_600_000).toISOString();
    const body = {
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'Freeze',
      metadata: { name },
      spec: { reason: 'why', until, ...spec },
    };
    const answer = await api.ask('PUT', '/api/v1/apply', { body });
    expect(answer.statusCode, answer.body).toBe(200);
  }
  type Query = Parameters<StandingIntents['freezesOf']>[1];
  async function names(query: Query): Promise<readonly string[]> {
    const freezes = await standing.freezesOf(api.database.manager, query, api.clock.now());
    return freezes.map(({ name }) => name);
  }

  it('are found by environment, clusters and sources', async () => {
    const environment = {
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'Environment',
      metadata: { name: 'prod' },
      spec: { selector: { matchLabels: { env: 'prod' } }, allowEmpty: true },
    };
    await api.ask('PUT', '/api/v1/apply', { body: environment });
    const a = await seedCluster(api, { name: 'a', labels: { env: 'prod' } });
    const b = await seedCluster(api, { name: 'b' });
    const app = { kind: 'GitRepository', namespace: 'apps', name: 'app' };
    await freeze('prod', { scope: { environment: 'prod' } });
    await freeze('b', { scope: { cluster: 'b' } });
    await freeze('app', { scope: { source: app } });
    await freeze('later', {
      scope: { organisation: true },
      from: new Date(api.clock.now().getTime() + 1).toISOString(),
    });
    expect(await names({})).toEqual(['app', 'b', 'prod']);
    expect(await names({ environment: 'prod' })).toEqual(['app', 'prod']);
    expect(await names({ clusterIds: [a] })).toEqual(['app', 'prod']);
    expect(await names({ clusterIds: [b] })).toEqual(['app', 'b']);
    expect(await names({ clusterIds: [] })).toEqual(['app']);
    expect(await names({ clusterIds: [b], sources: [source] })).toEqual(['b']);
    expect(await names({ environment: 'none', sources: [app] })).toEqual(['app']);
    api.clock.advance(1);
    expect(await names({ clusterIds: [b], sources: [source] })).toEqual(['b', 'later']);
    api.clock.advance(3_600_000);
    expect(await names({})).toEqual([]);
    await api.database.query('DELETE FROM freezes');
    await api.ask('DELETE', '/api/v1/environments/prod');
  });
});

describe('a veto', () => {
  interface Veto {
    readonly id: string;
    readonly url: string;
    readonly state: string;
  }
  async function veto(body: object): Promise<readonly Veto[]> {
    const answer = await api.ask('POST', '/api/v1/vetoes', { body: { reason: 'broken', ...body } });
    expect(answer.statusCode, answer.body).toBe(201);
    return answer.json().items;
  }
  async function inForce(address: string, revision: string): Promise<number> {
    return (await standing.vetoesOf(api.database.manager, [{ url: address, revision }])).length;
  }

  it('holds for every way to the repository and every ref that leads to the commit', async () => {
    const [made] = await veto({ url: 'https://user:secret@git.example.com/org/fleet', revision: bad });
    expect(made).toMatchObject({
      url,
      state: 'InForce',
      requestedBy: 'admin-from-environment',
      rollout: null,
    });
    expect(await inForce('ssh://git@git.example.com/org/fleet.git', `v1@sha1:${bad.split(':')[1]}`)).toBe(1);
    expect(await inForce(url, revisionOf('good'))).toBe(0);
    expect(await inForce('https://git.example.com/org/other', bad)).toBe(0);
  });

  it('of a commit in capital letters holds for the commit', async () => {
    const [made] = await veto({ url, revision: bad.replace(/[^:]+$/, (commit) => commit.toUpperCase()) });
    expect(made).toMatchObject({ revision: bad });
    expect(await inForce(url, bad)).toBe(1);
  });

  it('that stands already is answered as it is', async () => {
    const [first] = await veto({ url, revision: bad });
    const [again] = await veto({ url, revision: `other@sha1:${bad.split(':')[1]}`, reason: 'again' });
    expect(again).toEqual(first);
    const audit = await api.ask('GET', `/api/v1/audit?target=veto/${first!.id}`);
    expect(audit.json().items).toMatchObject([
      {
        action: 'veto.created',
        actor: 'admin-from-environment',
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        details: { url, revision: bad, reason: 'broken' },
      },
    ]);
  });

  it('is lifted once, and can be made again then', async () => {
    const [made] = await veto({ url, revision: bad });
    const lift = () => api.ask('POST', `/api/v1/vetoes/${made!.id}/lift`, { body: { reason: 'fixed' } });
    expect((await lift()).json()).toMatchObject({
      state: 'Lifted',
      liftedBy: 'admin-from-environment',
      liftedReason: 'fixed',
      liftedAt: api.clock.now().toISOString(),
    });
    expect(await inForce(url, bad)).toBe(0);
    expect((await lift()).statusCode).toBe(409);
    const [second] = await veto({ url, revision: bad });
    expect(second!.id).not.toBe(made!.id);
    const list = async (query: string) =>
      (await api.ask('GET', `/api/v1/vetoes?${query}`)).json().items.map(({ id }: Veto) => id);
    expect(await list('')).toEqual([second!.id, made!.id]);
    expect(await list('state=InForce')).toEqual([second!.id]);
    expect(await list('state=Lifted&revision=bad0')).toEqual([made!.id]);
    expect(await list('state=Lifted&revision=BAD0')).toEqual([made!.id]);
    expect(await list(`state=Lifted&revision=v1@sha1:${bad.split(':')[1]}`)).toEqual([made!.id]);
    expect(await list('revision=good')).toEqual([]);
  });

  it.each<readonly [string, object, number, string]>([
    ['nothing', {}, 422, 'url'],
    ['an address alone', { url }, 422, 'revision'],
    ['a revision alone', { revision: bad }, 422, 'url'],
    ['a release and an address', { url, revision: bad, pipeline: 'p', release: 'p-1' }, 422, 'url'],
    ['a release without its pipeline', { release: 'p-1' }, 422, 'pipeline'],
    ['a release that does not exist', { pipeline: 'p', release: 'p-1' }, 404, 'release'],
    ['a part of a commit', { url, revision: 'main@sha1:4f1c9b2' }, 422, 'revision'],
    ['a revision without a commit', { url, revision: 'main@sha1:' }, 422, 'revision'],
    ['an address with a line break', { url: `${url}\n`, revision: bad }, 422, 'url'],
    ['no reason', { url, revision: bad, reason: '' }, 422, 'reason'],
    ['a field that nobody knows', { url, revision: bad, until: 'x' }, 422, 'until'],
  ])('is not made from %s', async (_sentence, body, status, field) => {
    const answer = await api.ask('POST', '/api/v1/vetoes', { body: { reason: 'broken', ...body } });
    expect([answer.statusCode, answer.json().error.field]).toEqual([status, field]);
    expect((await api.ask('GET', '/api/v1/vetoes')).json().total).toBe(0);
  });

  it('that does not exist is not lifted', async () => {
    const answer = await api.ask('POST', '/api/v1/vetoes/nope/lift', { body: { reason: 'x' } });
    expect([answer.statusCode, answer.json().error.message]).toEqual([404, 'veto "nope" does not exist']);
  });
});

describe('what is shown of a gate', () => {
  function gate(state: SourceGate_State, change: Partial<SourceGate> = {}): { readonly gate: SourceGate } {
    const common = { mode: 'preferred', newestRevision: '', pinnedRevision: '', pinId: '', message: 'why' };
    return { gate: { ...common, state, ...change } };
  }
  async function shown(): Promise<Record<string, unknown>> {
    return (await api.ask('GET', '/api/v1/clusters/a/objects/GitRepository/flux-system/flux-system')).json();
  }

  it.each<readonly [string, Partial<ObjectState>, string, object | null]>([
    ['follows without a gate', {}, 'Following', null],
    [
      'follows with one that lets it',
      gate(SourceGate_State.STATE_FOLLOWING),
      'Following',
      { state: 'Following' },
    ],
    ['follows a pin on its way', gate(SourceGate_State.STATE_MOVING), 'Following', { state: 'Moving' }],
    [
      'is held by a pin to an older revision',
      gate(SourceGate_State.STATE_PINNED, {
        newestRevision: bad,
        pinnedRevision: revisionOf('aaa'),
        pinId: 'p1',
      }),
      'Held',
      {
        state: 'Pinned',
        newestRevision: bad,
        pinnedRevision: revisionOf('aaa'),
        pinId: 'p1',
        message: 'why',
      },
    ],
    [
      'is held',
      gate(SourceGate_State.STATE_HELD, { mode: 'required' }),
      'Held',
      { state: 'Held', mode: 'required' },
    ],
    ['is held where its pin was refused', gate(SourceGate_State.STATE_REFUSED), 'Held', { state: 'Refused' }],
    ['is frozen', gate(SourceGate_State.STATE_FROZEN), 'Frozen', { state: 'Frozen' }],
    [
      'of a newer agent does not look as if it followed',
      gate(99 as SourceGate_State),
      'Held',
      { state: 'Held' },
    ],
    [
      'is suspended, whatever its gate says',
      { suspended: true, ...gate(SourceGate_State.STATE_FROZEN) },
      'Suspended',
      { state: 'Frozen' },
    ],
  ])('a source %s', async (_sentence, change, intent, expected) => {
    await seedCluster(api, {
      name: 'a',
      objects: [gitRepository('aaa', change), kustomization('apps', 'aaa')],
    });
    const object = await shown();
    expect(object['intent']).toBe(intent);
    expect(object['gate']).toEqual(expected && expect.objectContaining(expected));
    const cluster = (await api.ask('GET', '/api/v1/clusters/a')).json();
    expect(cluster.intent).toBe(intent);
    const key = (object['gate'] as { state: string } | null)?.state.toLowerCase() ?? 'none';
    const counts = { pinned: 0, moving: 0, held: 0, frozen: 0, refused: 0 };
    expect(cluster.gate).toMatchObject({ ...counts, ...(key in counts && { [key]: 1 }) });
  });

  it('is deferred while the cluster is away and has not taken the pin, and not when it has', async () => {
    const id = await seedCluster(api, { name: 'a', objects: [gitRepository('aaa')] });
    await pin(request(id, { revision: revisionOf('bbb') }));
    expect((await shown())['intent']).toBe('Deferred');
    await api.database.query(
      `INSERT INTO hub_replicas (id, name, started_at, seen_at) VALUES ('r', 'r', now(), now()) ON CONFLICT DO NOTHING`,
    );
    await api.database.query(`UPDATE agents SET replica_id = 'r' WHERE cluster_id = $1`, [id]);
    expect((await shown())['intent']).toBe('Following');
    await api.database.query('UPDATE agents SET replica_id = NULL WHERE cluster_id = $1', [id]);
    const pinId = (await standing.pinsOf(api.database.manager, [id]))[0]!.id;
    await seedObjects(api, id, [gitRepository('aaa', gate(SourceGate_State.STATE_MOVING, { pinId }))]);
    expect((await shown())['intent']).toBe('Following');
  });

  it('comes with who wrote the commit', async () => {
    await seedCluster(api, {
      name: 'a',
      objects: [gitRepository('aaa', { revisionAuthor: 'Ada <ada@example.com>' })],
    });
    expect((await shown())['revisionAuthor']).toBe('Ada <ada@example.com>');
  });
});
