import { ChangeFeed } from '@flotilla/hub/platform/changes/change-feed';
import type { Change } from '@flotilla/hub/platform/changes/change';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seedCluster } from './api-seed.js';
import { FreezeRig, hour, openEnvironment } from './freeze-rig.js';

let rig: FreezeRig;

beforeAll(async () => {
  rig = await FreezeRig.start();
});
afterAll(async () => {
  await rig?.stop();
});
beforeEach(async () => {
  await rig.clear();
});

describe('a freeze', () => {
  it('is applied, shown and asked of the clusters in its scope', async () => {
    const prod = await seedCluster(rig.api, { name: 'prod', labels: { env: 'prod' } });
    const dev = await seedCluster(rig.api, { name: 'dev', labels: { env: 'dev' } });
    const document = rig.freeze('holidays', { scope: { environment: 'prod' } });
    expect(await rig.apply(openEnvironment('prod', 'prod'), document)).toEqual(['created', 'created']);
    await expect.poll(() => rig.freezesOf(prod)).toEqual(['holidays']);
    expect(await rig.freezesOf(dev)).toEqual([]);
    expect((await rig.setOf(prod))?.freezes).toMatchObject([
      {
        source: undefined,
        reason: 'nobody is on call',
        requestedBy: 'admin-from-environment',
        startsAt: rig.api.clock.now(),
        expiresAt: new Date(rig.inHours(1)),
      },
    ]);
    expect((await rig.api.ask('GET', '/api/v1/freezes/holidays')).json()).toEqual({
      name: 'holidays',
      generation: 1,
      state: 'Active',
      scope: { environment: 'prod' },
      reason: 'nobody is on call',
      from: rig.api.clock.now().toISOString(),
      until: rig.inHours(1),
      clusters: 1,
      breakGlass: [],
      createdBy: 'admin-from-environment',
      createdAt: rig.api.clock.now().toISOString(),
      updatedBy: 'admin-from-environment',
      updatedAt: rig.api.clock.now().toISOString(),
    });
    const [record] = (await rig.api.ask('GET', '/api/v1/audit?action=freeze.created&limit=1')).json().items;
    expect(record).toMatchObject({ actor: 'admin-from-environment', target: 'freeze/holidays' });
  });

  it.each([
    ['the organisation', { organisation: true }, ['a', 'b']],
    ['a cluster', { cluster: 'b' }, ['b']],
    ['a source everywhere', { source: { name: 'app' } }, ['a', 'b']],
    ['a source of an environment', { environment: 'prod', source: { name: 'app' } }, ['a']],
  ])('of %s reaches the clusters that it is about', async (_sentence, scope, reached) => {
    const ids = {
      a: await seedCluster(rig.api, { name: 'a', labels: { env: 'prod' } }),
      b: await seedCluster(rig.api, { name: 'b', labels: { env: 'dev' } }),
    };
    await rig.apply(openEnvironment('prod', 'prod'), rig.freeze('f', { scope }));
    await rig.sweep();
    const names = await Promise.all(
      Object.entries(ids).map(async ([name, id]) => ((await rig.freezesOf(id)).length > 0 ? [name] : [])),
    );
    expect(names.flat()).toEqual(reached);
    const source =
      'source' in scope ? { kind: 'GitRepository', namespace: 'flux-system', name: 'app' } : undefined;
    const set = await rig.setOf(ids[reached[0] as 'a' | 'b']);
    expect(set?.freezes[0]?.source).toEqual(source && expect.objectContaining(source));
    expect((await rig.api.ask('GET', '/api/v1/freezes/f')).json().clusters).toBe(reached.length);
  });

  it('raises the version exactly when it changes what is asked', async () => {
    const id = await seedCluster(rig.api, { name: 'a' });
    const version = async () => (await rig.setOf(id))?.version ?? 0n;
    await rig.apply(rig.freeze('f'));
    await expect.poll(version).toBeGreaterThan(0n);
    const first = await version();
    expect(await rig.apply(rig.freeze('f'))).toEqual(['unchanged']);
    await rig.sweep();
    expect(await version()).toBe(first);
    expect(await rig.apply(rig.freeze('f', { until: rig.inHours(2) }))).toEqual(['configured']);
    await expect.poll(version).toBeGreaterThan(first);
    expect((await rig.setOf(id))?.freezes[0]?.expiresAt).toEqual(new Date(rig.inHours(2)));
    expect((await rig.api.ask('GET', '/api/v1/freezes/f')).json().generation).toBe(2);
    const second = await version();
    expect(await rig.apply(openEnvironment('other', 'other'))).toEqual(['created']);
    await rig.sweep();
    expect(await version()).toBe(second);
  });

  it('that is lifted, or has ended by itself, is asked no longer', async () => {
    const id = await seedCluster(rig.api, { name: 'a' });
    await rig.apply(rig.freeze('lifted'), rig.freeze('ended', { until: rig.inHours(2) }));
    await expect.poll(() => rig.freezesOf(id)).toEqual(['ended', 'lifted']);
    expect((await rig.api.ask('DELETE', '/api/v1/freezes/lifted')).statusCode).toBe(204);
    await expect.poll(() => rig.freezesOf(id)).toEqual(['ended']);
    const { version } = (await rig.setOf(id))!;
    rig.api.clock.advance(2 * hour - 1);
    await rig.sweep();
    expect((await rig.setOf(id))?.version).toBe(version);
    rig.api.clock.advance(1);
    await expect.poll(() => rig.freezesOf(id), { timeout: 3_000 }).toEqual([]);
    expect((await rig.setOf(id))?.version).toBeGreaterThan(version);
    expect((await rig.api.ask('GET', '/api/v1/freezes/ended')).json().state).toBe('Expired');
    expect((await rig.api.ask('GET', '/api/v1/freezes/lifted')).statusCode).toBe(404);
  });

  it('to come is asked at once, so that it begins also with the hub away', async () => {
    const id = await seedCluster(rig.api, { name: 'a' });
    await rig.apply(rig.freeze('later', { from: rig.inHours(1), until: rig.inHours(2) }));
    await expect.poll(() => rig.freezesOf(id)).toEqual(['later']);
    expect((await rig.setOf(id))?.freezes[0]?.startsAt).toEqual(new Date(rig.inHours(1)));
    expect((await rig.api.ask('GET', '/api/v1/freezes?state=Pending')).json()).toMatchObject({ total: 1 });
    expect((await rig.api.ask('GET', '/api/v1/freezes?state=Active,Expired')).json().total).toBe(0);
  });

  it('follows clusters that are labelled into and out of its environment', async () => {
    const id = await seedCluster(rig.api, { name: 'a', labels: { env: 'dev' } });
    await rig.apply(openEnvironment('prod', 'prod'), rig.freeze('f', { scope: { environment: 'prod' } }));
    await rig.sweep();
    expect(await rig.freezesOf(id)).toEqual([]);
    await rig.api.ask('PATCH', '/api/v1/clusters/a', { body: { labels: { env: 'prod' } } });
    await expect.poll(() => rig.freezesOf(id)).toEqual(['f']);
    await rig.api.ask('PATCH', '/api/v1/clusters/a', { body: { labels: { env: null } } });
    await expect.poll(() => rig.freezesOf(id)).toEqual([]);
  });

  it('follows its environment, whose selector changes', async () => {
    const id = await seedCluster(rig.api, { name: 'a', labels: { env: 'dev' } });
    await rig.apply(openEnvironment('prod', 'prod'), rig.freeze('f', { scope: { environment: 'prod' } }));
    await rig.apply(openEnvironment('prod', 'dev'));
    await expect.poll(() => rig.freezesOf(id)).toEqual(['f']);
  });

  it.each<readonly [string, () => object, string, string]>([
    [
      'an unknown environment',
      () => rig.freeze('f', { scope: { environment: 'nope' } }),
      'spec.scope.environment',
      'environment "nope" does not exist',
    ],
    [
      'an unknown cluster',
      () => rig.freeze('f', { scope: { cluster: 'nope' } }),
      'spec.scope.cluster',
      'cluster "nope" does not exist',
    ],
    ['a time that is over', () => rig.freeze('f', { until: rig.inHours(-1) }), 'spec.until', 'is over'],
    [
      'an end before its beginning',
      () => rig.freeze('f', { from: rig.inHours(3) }),
      'spec.until',
      'must be later than from',
    ],
    ['no scope', () => rig.freeze('f', { scope: {} }), 'spec.scope', 'name organisation'],
    [
      'two scopes',
      () => rig.freeze('f', { scope: { organisation: true, cluster: 'a' } }),
      'spec.scope',
      'name at most one',
    ],
    ['no reason', () => rig.freeze('f', { reason: '' }), 'spec.reason', ''],
    ['no end', () => rig.freeze('f', { until: undefined }), 'spec.until', ''],
  ])('is refused with %s', async (_sentence, document, field, message) => {
    const answer = await rig.tryApply(document());
    expect([answer.statusCode, answer.json().error.field]).toEqual([422, field]);
    expect(answer.json().error.message).toContain(message);
    expect(answer.json().error.message).toContain('Freeze/f');
    expect((await rig.api.ask('GET', '/api/v1/freezes')).json().total).toBe(0);
  });

  it('keeps its environment from being deleted, until it has ended', async () => {
    await rig.apply(openEnvironment('prod', 'prod'), rig.freeze('f', { scope: { environment: 'prod' } }));
    const refused = await rig.api.ask('DELETE', '/api/v1/environments/prod');
    expect([refused.statusCode, refused.json().error.message]).toEqual([
      422,
      expect.stringContaining('Freeze/f: spec.scope.environment'),
    ]);
    rig.api.clock.advance(hour);
    expect((await rig.api.ask('DELETE', '/api/v1/environments/prod')).statusCode).toBe(204);
  });

  it('is heard of by readers, with what it is about', async () => {
    const heard: Change[] = [];
    const subscription = rig.api.hub.app.get(ChangeFeed, { strict: false }).messages.subscribe((message) => {
      if (message.kind === 'changes')
        heard.push(...message.changes.filter(({ topic }) => topic === 'freeze'));
    });
    await rig.apply(rig.freeze('f'));
    await rig.api.ask('DELETE', '/api/v1/freezes/f');
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
    const response = await fetch(`${rig.api.hub.httpUrl}/api/v1/stream?topics=freezes`, {
      headers: { authorization: `Bearer ${rig.api.adminToken}` },
      signal: abort.signal,
    });
    let text = '';
    void (async () => {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
    })().catch(() => undefined);
    await expect.poll(() => text).toContain('id: ');
    await rig.apply(rig.freeze('f'));
    await expect.poll(() => text).toMatch(/event: freeze\ndata: \{"name":"f".*"state":"Active"/);
    rig.api.clock.advance(hour);
    await expect
      .poll(() => text, { timeout: 5_000 })
      .toMatch(/event: freeze\ndata: \{"name":"f".*"state":"Expired"/);
    await rig.api.ask('DELETE', '/api/v1/freezes/f');
    await expect.poll(() => text).toContain('event: deleted\ndata: {"kind":"freeze","name":"f"}');
    abort.abort();
  });
});
