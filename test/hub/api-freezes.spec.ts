import type { LightMyRequestResponse } from 'fastify';
import { BreakGlass } from '@flotilla/hub/freezes/break-glass';
import { StandingPort } from '@flotilla/hub/gateway/standing-port';
import { ChangeFeed } from '@flotilla/hub/platform/changes/change-feed';
import type { Change } from '@flotilla/hub/platform/changes/change';
import { StandingRefresh } from '@flotilla/hub/standing/standing-refresh';
import type { StandingIntents as StandingMessage } from '@flotilla/proto/flotilla/v1/standing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPostgres } from '../servers/postgres.js';
import type { Postgres } from '../servers/postgres.js';
import type { ApiHub } from './api-hub.js';
import { startApiHub } from './api-hub.js';
import { seedCluster } from './api-seed.js';

const hour = 3_600_000;
let postgres: Postgres;
let api: ApiHub;
let port: StandingPort;
let operator: string;

beforeAll(async () => {
  postgres = await startPostgres();
  api = await startApiHub(postgres);
  port = api.hub.app.get(StandingPort, { strict: false });
  operator = await tokenOf('grace', 'operator');
});
afterAll(async () => {
  await api?.stop();
  await postgres?.stop();
});
beforeEach(async () => {
  for (const table of ['freezes', 'environments', 'clusters'])
    await api.database.query(`DELETE FROM ${table}`);
});

async function tokenOf(name: string, role: string): Promise<string> {
  const answer = await api.ask('POST', '/api/v1/api-tokens', { body: { name, role } });
  expect(answer.statusCode, answer.body).toBe(201);
  return answer.json().token;
}

function inHours(count: number): string {
  return new Date(api.clock.now().getTime() + count * hour).toISOString();
}

function environment(name: string, label: string): object {
  const spec = { selector: { matchLabels: { env: label } }, allowEmpty: true };
  return { apiVersion: 'flotilla.dev/v1alpha1', kind: 'Environment', metadata: { name }, spec };
}

function freeze(name: string, spec: object = {}): object {
  const defaults = { scope: { organisation: true }, reason: 'nobody is on call', until: inHours(1) };
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'Freeze',
    metadata: { name },
    spec: { ...defaults, ...spec },
  };
}

async function tryApply(...documents: readonly object[]): Promise<LightMyRequestResponse> {
  return api.ask('PUT', '/api/v1/apply', { body: { documents } });
}

async function apply(...documents: readonly object[]): Promise<readonly string[]> {
  const answer = await tryApply(...documents);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json().documents.map(({ outcome }: { outcome: string }) => outcome);
}

async function setOf(clusterId: string): Promise<StandingMessage | undefined> {
  return port.current(clusterId, 0n);
}

async function freezesOf(clusterId: string): Promise<readonly string[]> {
  return (await setOf(clusterId))?.freezes.map(({ id }) => id) ?? [];
}

/** What the hub does by itself within seconds. */
async function sweep(): Promise<void> {
  await api.hub.app.get(StandingRefresh, { strict: false }).refresh('all');
}

describe('a freeze', () => {
  it('is applied, shown and asked of the clusters in its scope', async () => {
    const prod = await seedCluster(api, { name: 'prod', labels: { env: 'prod' } });
    const dev = await seedCluster(api, { name: 'dev', labels: { env: 'dev' } });
    const document = freeze('holidays', { scope: { environment: 'prod' } });
    expect(await apply(environment('prod', 'prod'), document)).toEqual(['created', 'created']);
    await expect.poll(() => freezesOf(prod)).toEqual(['holidays']);
    expect(await freezesOf(dev)).toEqual([]);
    expect((await setOf(prod))?.freezes).toMatchObject([
      {
        source: undefined,
        reason: 'nobody is on call',
        requestedBy: 'admin-from-environment',
        startsAt: api.clock.now(),
        expiresAt: new Date(inHours(1)),
      },
    ]);
    expect((await api.ask('GET', '/api/v1/freezes/holidays')).json()).toEqual({
      name: 'holidays',
      generation: 1,
      state: 'Active',
      scope: { environment: 'prod' },
      reason: 'nobody is on call',
      from: api.clock.now().toISOString(),
      until: inHours(1),
      clusters: 1,
      breakGlass: [],
      createdBy: 'admin-from-environment',
      createdAt: api.clock.now().toISOString(),
      updatedBy: 'admin-from-environment',
      updatedAt: api.clock.now().toISOString(),
    });
    const [record] = (await api.ask('GET', '/api/v1/audit?action=freeze.created&limit=1')).json().items;
    expect(record).toMatchObject({ actor: 'admin-from-environment', target: 'freeze/holidays' });
  });

  it.each([
    ['the organisation', { organisation: true }, ['a', 'b']],
    ['a cluster', { cluster: 'b' }, ['b']],
    ['a source everywhere', { source: { name: 'app' } }, ['a', 'b']],
    ['a source of an environment', { environment: 'prod', source: { name: 'app' } }, ['a']],
  ])('of %s reaches the clusters that it is about', async (_sentence, scope, reached) => {
    const ids = {
      a: await seedCluster(api, { name: 'a', labels: { env: 'prod' } }),
      b: await seedCluster(api, { name: 'b', labels: { env: 'dev' } }),
    };
    await apply(environment('prod', 'prod'), freeze('f', { scope }));
    await sweep();
    const names = await Promise.all(
      Object.entries(ids).map(async ([name, id]) => ((await freezesOf(id)).length > 0 ? [name] : [])),
    );
    expect(names.flat()).toEqual(reached);
    const source =
      'source' in scope ? { kind: 'GitRepository', namespace: 'flux-system', name: 'app' } : undefined;
    const set = await setOf(ids[reached[0] as 'a' | 'b']);
    expect(set?.freezes[0]?.source).toEqual(source && expect.objectContaining(source));
    expect((await api.ask('GET', '/api/v1/freezes/f')).json().clusters).toBe(reached.length);
  });

  it('raises the version exactly when it changes what is asked', async () => {
    const id = await seedCluster(api, { name: 'a' });
    const version = async () => (await setOf(id))?.version ?? 0n;
    await apply(freeze('f'));
    await expect.poll(version).toBeGreaterThan(0n);
    const first = await version();
    expect(await apply(freeze('f'))).toEqual(['unchanged']);
    await sweep();
    expect(await version()).toBe(first);
    expect(await apply(freeze('f', { until: inHours(2) }))).toEqual(['configured']);
    await expect.poll(version).toBeGreaterThan(first);
    expect((await setOf(id))?.freezes[0]?.expiresAt).toEqual(new Date(inHours(2)));
    expect((await api.ask('GET', '/api/v1/freezes/f')).json().generation).toBe(2);
    const second = await version();
    expect(await apply(environment('other', 'other'))).toEqual(['created']);
    await sweep();
    expect(await version()).toBe(second);
  });

  it('that is lifted, or has ended by itself, is asked no longer', async () => {
    const id = await seedCluster(api, { name: 'a' });
    await apply(freeze('lifted'), freeze('ended', { until: inHours(2) }));
    await expect.poll(() => freezesOf(id)).toEqual(['ended', 'lifted']);
    expect((await api.ask('DELETE', '/api/v1/freezes/lifted')).statusCode).toBe(204);
    await expect.poll(() => freezesOf(id)).toEqual(['ended']);
    const { version } = (await setOf(id))!;
    api.clock.advance(2 * hour - 1);
    await sweep();
    expect((await setOf(id))?.version).toBe(version);
    api.clock.advance(1);
    await expect.poll(() => freezesOf(id), { timeout: 3_000 }).toEqual([]);
    expect((await setOf(id))?.version).toBeGreaterThan(version);
    expect((await api.ask('GET', '/api/v1/freezes/ended')).json().state).toBe('Expired');
    expect((await api.ask('GET', '/api/v1/freezes/lifted')).statusCode).toBe(404);
  });

  it('to come is asked at once, so that it begins also with the hub away', async () => {
    const id = await seedCluster(api, { name: 'a' });
    await apply(freeze('later', { from: inHours(1), until: inHours(2) }));
    await expect.poll(() => freezesOf(id)).toEqual(['later']);
    expect((await setOf(id))?.freezes[0]?.startsAt).toEqual(new Date(inHours(1)));
    expect((await api.ask('GET', '/api/v1/freezes?state=Pending')).json()).toMatchObject({ total: 1 });
    expect((await api.ask('GET', '/api/v1/freezes?state=Active,Expired')).json().total).toBe(0);
  });

  it('follows clusters that are labelled into and out of its environment', async () => {
    const id = await seedCluster(api, { name: 'a', labels: { env: 'dev' } });
    await apply(environment('prod', 'prod'), freeze('f', { scope: { environment: 'prod' } }));
    await sweep();
    expect(await freezesOf(id)).toEqual([]);
    await api.ask('PATCH', '/api/v1/clusters/a', { body: { labels: { env: 'prod' } } });
    await expect.poll(() => freezesOf(id)).toEqual(['f']);
    await api.ask('PATCH', '/api/v1/clusters/a', { body: { labels: { env: null } } });
    await expect.poll(() => freezesOf(id)).toEqual([]);
  });

  it('follows its environment, whose selector changes', async () => {
    const id = await seedCluster(api, { name: 'a', labels: { env: 'dev' } });
    await apply(environment('prod', 'prod'), freeze('f', { scope: { environment: 'prod' } }));
    await apply(environment('prod', 'dev'));
    await expect.poll(() => freezesOf(id)).toEqual(['f']);
  });

  it.each<readonly [string, () => object, string, string]>([
    [
      'an unknown environment',
      () => freeze('f', { scope: { environment: 'nope' } }),
      'spec.scope.environment',
      'environment "nope" does not exist',
    ],
    [
      'an unknown cluster',
      () => freeze('f', { scope: { cluster: 'nope' } }),
      'spec.scope.cluster',
      'cluster "nope" does not exist',
    ],
    ['a time that is over', () => freeze('f', { until: inHours(-1) }), 'spec.until', 'is over'],
    [
      'an end before its beginning',
      () => freeze('f', { from: inHours(3) }),
      'spec.until',
      'must be later than from',
    ],
    ['no scope', () => freeze('f', { scope: {} }), 'spec.scope', 'name organisation'],
    [
      'two scopes',
      () => freeze('f', { scope: { organisation: true, cluster: 'a' } }),
      'spec.scope',
      'name at most one',
    ],
    ['no reason', () => freeze('f', { reason: '' }), 'spec.reason', ''],
    ['no end', () => freeze('f', { until: undefined }), 'spec.until', ''],
  ])('is refused with %s', async (_sentence, document, field, message) => {
    const answer = await tryApply(document());
    expect([answer.statusCode, answer.json().error.field]).toEqual([422, field]);
    expect(answer.json().error.message).toContain(message);
    expect(answer.json().error.message).toContain('Freeze/f');
    expect((await api.ask('GET', '/api/v1/freezes')).json().total).toBe(0);
  });

  it('keeps its environment from being deleted, until it has ended', async () => {
    await apply(environment('prod', 'prod'), freeze('f', { scope: { environment: 'prod' } }));
    const refused = await api.ask('DELETE', '/api/v1/environments/prod');
    expect([refused.statusCode, refused.json().error.message]).toEqual([
      422,
      expect.stringContaining('Freeze/f: spec.scope.environment'),
    ]);
    api.clock.advance(hour);
    expect((await api.ask('DELETE', '/api/v1/environments/prod')).statusCode).toBe(204);
  });

  it('is heard of by readers, with what it is about', async () => {
    const heard: Change[] = [];
    const subscription = api.hub.app.get(ChangeFeed, { strict: false }).messages.subscribe((message) => {
      if (message.kind === 'changes')
        heard.push(...message.changes.filter(({ topic }) => topic === 'freeze'));
    });
    await apply(freeze('f'));
    await api.ask('DELETE', '/api/v1/freezes/f');
    await expect
      .poll(() => heard)
      .toEqual([
        { topic: 'freeze', clusterId: '', key: 'f', deleted: false },
        { topic: 'freeze', clusterId: '', key: 'f', deleted: true },
      ]);
    subscription.unsubscribe();
  });
});

describe('the live stream', () => {
  it('tells of freezes that are made, changed and lifted', async () => {
    const abort = new AbortController();
    const response = await fetch(`${api.hub.httpUrl}/api/v1/stream?topics=freezes`, {
      headers: { authorization: `Bearer ${api.adminToken}` },
      signal: abort.signal,
    });
    let text = '';
    void (async () => {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
    })().catch(() => undefined);
    await expect.poll(() => text).toContain('id: ');
    await apply(freeze('f'));
    await expect.poll(() => text).toMatch(/event: freeze\ndata: \{"name":"f".*"state":"Active"/);
    api.clock.advance(hour);
    await expect
      .poll(() => text, { timeout: 5_000 })
      .toMatch(/event: freeze\ndata: \{"name":"f".*"state":"Expired"/);
    await api.ask('DELETE', '/api/v1/freezes/f');
    await expect.poll(() => text).toContain('event: deleted\ndata: {"kind":"freeze","name":"f"}');
    abort.abort();
  });
});

describe('breaking the glass of a freeze', () => {
  beforeEach(async () => {
    await api.database.query('DELETE FROM promotions');
    await insertPromotion('p1', 'Gating');
    await insertPromotion('over', 'Promoted');
  });

  /** Of a pipeline that was deleted, so that nobody moves it. */
  async function insertPromotion(id: string, state: string): Promise<void> {
    await api.database.query(
      `INSERT INTO promotions (id, pipeline, environment, release_id, release_name, release_number, origin, priority,
         requested_by, state, reason, waiting_for, authors, created_at, updated_at, ended_at, retired_at)
       VALUES ($1, 'gone', 'prod', 'r1', 'gone-1', 1, 'manual', 'normal', 'ada', $2, 'why', '', '{"emails":[],"tokens":[]}',
         $3, $3, CASE WHEN $2 = 'Gating' THEN NULL ELSE $3::timestamptz END, $3)`,
      [id, state, api.clock.now()],
    );
  }

  async function ask(
    token: string | undefined,
    body: object = {},
    name = 'f',
  ): Promise<LightMyRequestResponse> {
    return api.ask('POST', `/api/v1/freezes/${name}/break-glass`, {
      body: { promotion: 'p1', reason: 'the shop is down', ...body },
      ...(token !== undefined && { token }),
    });
  }
  async function isGranted(freezeIds?: readonly string[]): Promise<boolean> {
    return api.hub.app.get(BreakGlass, { strict: false }).isGranted(api.database.manager, 'p1', freezeIds);
  }
  async function idOf(name: string): Promise<string> {
    const rows: { id: string }[] = await api.database.query('SELECT id FROM freezes WHERE name = $1', [name]);
    return rows[0]!.id;
  }

  it('takes two people, and is audited', async () => {
    await apply(freeze('f'));
    expect((await ask(operator)).json().breakGlass).toMatchObject([
      { promotion: 'p1', state: 'Requested', requestedBy: 'grace', grantedBy: null },
    ]);
    expect(await isGranted()).toBe(false);
    const again = await ask(operator);
    expect([again.statusCode, again.json().error.message]).toEqual([
      403,
      'freeze "f": "grace" has asked, so somebody else must confirm',
    ]);
    expect((await ask(undefined, { reason: 'I agree' })).json().breakGlass).toMatchObject([
      { state: 'Granted', requestedBy: 'grace', grantedBy: 'admin-from-environment' },
    ]);
    expect(await isGranted([await idOf('f')])).toBe(true);
    expect((await ask(operator)).statusCode).toBe(200);
    const audit = (await api.ask('GET', '/api/v1/audit?target=freeze/f&limit=2')).json().items;
    expect(audit).toMatchObject([
      {
        action: 'break-glass.granted',
        actor: 'admin-from-environment',
        details: { promotion: 'p1', reason: 'I agree' },
      },
      {
        action: 'break-glass.requested',
        actor: 'grace',
        details: { promotion: 'p1', reason: 'the shop is down' },
      },
    ]);
  });

  it('lets pass only the freezes that it was about', async () => {
    await apply(freeze('f'), freeze('g'));
    await ask(operator);
    await ask(undefined);
    expect(await isGranted([await idOf('f'), await idOf('g')])).toBe(false);
    expect(await isGranted()).toBe(false);
    await api.ask('DELETE', '/api/v1/freezes/g');
    expect(await isGranted()).toBe(true);
    await api.ask('DELETE', '/api/v1/freezes/f');
    await apply(freeze('f'));
    expect(await isGranted([await idOf('f')])).toBe(false);
  });

  it('begins anew when nobody confirmed within 15 minutes', async () => {
    await apply(freeze('f'));
    await ask(operator);
    api.clock.advance(15 * 60_000);
    expect((await api.ask('GET', '/api/v1/freezes/f')).json().breakGlass).toMatchObject([
      { state: 'Expired' },
    ]);
    expect((await ask(undefined)).json().breakGlass).toMatchObject([
      { state: 'Requested', requestedBy: 'admin-from-environment' },
    ]);
    expect(await isGranted()).toBe(false);
    expect((await ask(operator)).json().breakGlass).toMatchObject([{ state: 'Granted', grantedBy: 'grace' }]);
  });

  it('of two at the same time asks once and grants once', async () => {
    await apply(freeze('f'));
    const answers = await Promise.all([ask(operator), ask(undefined)]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    expect(await isGranted()).toBe(true);
    const audit = (await api.ask('GET', '/api/v1/audit?target=freeze/f&limit=2')).json().items;
    expect(audit.map(({ action }: { action: string }) => action)).toEqual([
      'break-glass.granted',
      'break-glass.requested',
    ]);
  });

  it.each<readonly [string, () => Promise<LightMyRequestResponse>, number]>([
    ['that does not exist', () => ask(operator, {}, 'nope'), 404],
    ['that has not begun', () => ask(operator, {}, 'later'), 409],
    ['of another environment', () => ask(operator, {}, 'elsewhere'), 409],
    ['by a promotion that does not exist', () => ask(operator, { promotion: 'nope' }), 404],
    ['by a promotion that has ended', () => ask(operator, { promotion: 'over' }), 409],
    ['without a reason', () => ask(operator, { reason: '' }, 'later'), 422],
    ['without a promotion', () => ask(operator, { promotion: '' }, 'later'), 422],
  ])('is refused for one %s', async (_sentence, call, status) => {
    await apply(
      environment('dev', 'dev'),
      freeze('f'),
      freeze('later', { from: inHours(1), until: inHours(2) }),
      freeze('elsewhere', { scope: { environment: 'dev' } }),
    );
    expect((await call()).statusCode).toBe(status);
  });

  it('is not for viewers', async () => {
    await apply(freeze('f'));
    expect((await ask(await tokenOf('mallory', 'viewer'))).statusCode).toBe(403);
  });
});
