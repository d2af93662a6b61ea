import { createHash } from 'node:crypto';
import { SourceGate_State } from '@flotilla/proto/flotilla/v1/state';
import type { ObjectState } from '@flotilla/proto/flotilla/v1/state';
import { ChangeFeed } from '@flotilla/hub/platform/changes/change-feed';
import { AutomaticReleases } from '@flotilla/hub/releases/automatic-releases';
import type { RunningHub } from '@flotilla/hub/start-hub';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startGitServer } from '../servers/git-server.js';
import type { GitServer } from '../servers/git-server.js';
import { startTestHub } from '../servers/hub.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';
import { startApiHub } from './api-hub.js';
import type { ApiHub } from './api-hub.js';
import { gitRepository, revisionOf, seedCluster, seedObjects } from './api-seed.js';
import { environment, pipeline } from './documents.js';
import type { Release } from './release-view.js';

const url = 'https://git.example.com/org/fleet';
let api: ApiHub;
let replica: RunningHub;
let git: GitServer;
let clusters: Record<string, string>;
let shop: string;
let runs = 0;

beforeAll(async () => {
  git = await startGitServer();
  api = await startApiHub(await sharedPostgres());
  replica = await startTestHub({ databaseUrl: api.hub.databaseUrl, dataDir: api.dataDir, clock: api.clock });
});
afterAll(async () => {
  await replica?.stop();
  await api?.stop();
  await git?.stop();
});
beforeEach(async () => {
  await api.database.query('DELETE FROM pipelines; DELETE FROM environments; DELETE FROM clusters');
  runs += 1;
  shop = `shop-${runs}x`;
  clusters = {};
  for (const [name, env] of [
    ['dev-1', 'dev'],
    ['dev-2', 'dev'],
    ['prod-1', 'prod'],
  ] as const)
    clusters[name] = await seedCluster(api, { name, labels: { env } });
});

async function apply(...documents: object[]): Promise<void> {
  const answer = await api.ask('PUT', '/api/v1/apply', { body: { documents } });
  expect(answer.json()).not.toHaveProperty('error');
}

/** Nothing is promoted by itself, so that it can be deleted. */
const applyShop = (more: Record<string, unknown> = {}) => {
  const environments = ['dev', 'prod'].map((name) => ({ name, promote: 'manual' }));
  return apply(environment('dev'), environment('prod'), pipeline(shop, environments, more));
};

/** An agent tells, as the gateway writes and announces it. */
async function report(cluster: string, ...states: ObjectState[]): Promise<void> {
  const clusterId = clusters[cluster]!;
  await seedObjects(api, clusterId, states);
  const changes = states.map(({ ref }) => ({
    topic: 'object' as const,
    clusterId,
    key: `${ref!.apiVersion}|${ref!.kind}|${ref!.namespace}|${ref!.name}`,
    deleted: false,
  }));
  await api.database.transaction((manager) => api.hub.app.get(ChangeFeed).publish(manager, changes));
}

/** Newest first. */
async function releases(): Promise<readonly Release[]> {
  return (await api.ask('GET', `/api/v1/releases?pipeline=${shop}`)).json().items as Release[];
}

function untilReleases(count: number): Promise<readonly Release[]> {
  return waitFor(
    `${count} releases`,
    async () => {
      const list = await releases();
      return list.length >= count && list;
    },
    { timeoutMs: 10_000 },
  );
}

/** What the sweep does. */
const look = () => api.hub.app.get(AutomaticReleases, { strict: false }).evaluate(shop);
const revisions = (list: readonly Release[]) =>
  list.map(
    ({ name, items }) => `${name.slice(shop.length + 1)} ${items.map(({ revision }) => revision).join(' ')}`,
  );

describe('a release by itself', () => {
  it('is made once, within a second of the first report, by two hubs that both hear of it', async () => {
    await applyShop();
    const author = 'Ann <ann@example.test>';
    await report('dev-1', gitRepository('a1', { revisionAuthor: author }));
    const [release] = await untilReleases(1);
    expect(release).toMatchObject({
      name: `${shop}-1`,
      number: 1,
      createdBy: 'hub',
      vetoed: false,
      items: [
        { source: { name: 'flux-system' }, url, revision: revisionOf('a1'), authors: [author], veto: null },
      ],
    });
    await report('dev-2', gitRepository('a1'));
    await report('dev-1', gitRepository('b2'));
    await report('dev-2', gitRepository('b2'));
    expect(revisions(await untilReleases(2))).toEqual([`2 ${revisionOf('b2')}`, `1 ${revisionOf('a1')}`]);
    for (let round = 0; round < 3; round += 1) await look();
    expect(await releases()).toHaveLength(2);
    expect((await api.ask('GET', `/api/v1/releases/${shop}-2`)).json().number).toBe(2);
    expect((await api.ask('GET', `/api/v1/releases/${release!.id}`)).json().name).toBe(`${shop}-1`);
    expect((await api.ask('GET', `/api/v1/pipelines/${shop}`)).json().latestRelease).toBe(`${shop}-2`);
  });

  it('is not made of what only later environments have, nor of an old revision that a cluster lags with', async () => {
    await applyShop();
    await report('prod-1', gitRepository('0d'));
    await report('dev-1', gitRepository('a1'));
    await untilReleases(1);
    await report('dev-1', gitRepository('b2'));
    await untilReleases(2);
    await report('dev-2', gitRepository('a1', { changedAt: new Date('2026-03-01T11:59:00.000Z') }));
    await look();
    expect(revisions(await releases())).toEqual([`2 ${revisionOf('b2')}`, `1 ${revisionOf('a1')}`]);
  });

  it('is made of the newest revision on the remote where the source is gated', async () => {
    await applyShop();
    const gate = {
      state: SourceGate_State.STATE_HELD,
      mode: 'required',
      newestRevision: revisionOf('b2'),
      pinnedRevision: revisionOf('a1'),
      pinId: 'p',
      message: 'held',
    };
    await report('dev-1', gitRepository('a1', { gate, revisionAuthor: 'Old <old@example.test>' }));
    const [release] = await untilReleases(1);
    expect(release?.items[0]).toMatchObject({ revision: revisionOf('b2'), authors: [], authorUnknown: true });
    // Its pipeline moves it there, and its agent tells who made it.
    await report('dev-1', gitRepository('b2', { revisionAuthor: 'New <new@example.test>' }));
    await waitFor('the author', async () => {
      const [item] = (await releases())[0]?.items ?? [];
      return item?.authors[0] === 'New <new@example.test>' && !('authorUnknown' in item);
    });
  });

  it('waits until all sources are known, and holds them together', async () => {
    await applyShop({ sources: [{ name: 'flux-system' }, { kind: 'OCIRepository', name: 'images' }] });
    const digest = createHash('sha256').update('x').digest('hex');
    const images = (tag: string) =>
      gitRepository('', {
        ref: {
          apiVersion: 'source.toolkit.fluxcd.io/v1',
          kind: 'OCIRepository',
          namespace: 'flux-system',
          name: 'images',
        },
        revision: `${tag}@sha256:${digest}`,
        sourceUrl: 'oci://registry.example.com/images',
      });
    await report('dev-1', gitRepository('a1'));
    await look();
    expect(await releases()).toEqual([]);
    await report('dev-1', images('1.0'));
    const [release] = await untilReleases(1);
    expect(release?.items).toMatchObject([
      { revision: revisionOf('a1'), digest: null },
      {
        revision: `1.0@sha256:${digest}`,
        digest: `sha256:${digest}`,
        url: 'oci://registry.example.com/images',
      },
    ]);
    await report('dev-1', images('latest'));
    await look();
    expect(await releases()).toHaveLength(1);
  });

  it('is not made where the pipeline does not want it', async () => {
    await applyShop({ releases: { automatic: false } });
    await report('dev-1', gitRepository('a1'));
    await look();
    expect(await releases()).toEqual([]);
  });

  it('is found by looking, when no message told', async () => {
    await seedObjects(api, clusters['dev-1']!, [gitRepository('a1')]);
    await applyShop();
    expect(await untilReleases(1)).toHaveLength(1);
  });

  it('says that an item is vetoed, but is made', async () => {
    await applyShop();
    const body = { url, revision: revisionOf('bad'), reason: 'broken' };
    expect((await api.ask('POST', '/api/v1/vetoes', { body })).statusCode).toBe(201);
    await report('dev-1', gitRepository('bad'));
    const [release] = await untilReleases(1);
    expect(release).toMatchObject({ vetoed: true, items: [{ veto: { reason: 'broken' } }] });
  });
});

describe("the hub's own look at Git", () => {
  const watching = (address: string, interval = '1s') => ({
    releases: { watch: [{ url: address, interval }] },
  });

  it('makes releases that no agent has fetched yet, with all authors since the release before', async () => {
    const repository = await git.createRepository(`watched-${runs}`);
    const as = async (author: string) => {
      await repository.git('commit', '--quiet', '--allow-empty', `--author=${author}`, '--message', 'x');
      await repository.git('push', '--quiet', 'origin', 'HEAD');
      return repository.head();
    };
    const first = await as('Ann <ann@example.test>');
    await applyShop(watching(repository.url));
    expect((await untilReleases(1))[0]).toMatchObject({
      items: [{ url: repository.url, revision: `main@sha1:${first}`, authors: ['Ann <ann@example.test>'] }],
    });
    await repository.git(
      'commit',
      '--quiet',
      '--allow-empty',
      '--author=Bob <bob@example.test>',
      '--message',
      'x',
    );
    const second = await as('Cy <cy@example.test>');
    api.clock.advance(1_000);
    await waitFor('the next look', async () => {
      api.clock.advance(1_000);
      return (await releases()).length === 2;
    });
    expect((await releases())[0]).toMatchObject({
      name: `${shop}-2`,
      items: [
        { revision: `main@sha1:${second}`, authors: ['Cy <cy@example.test>', 'Bob <bob@example.test>'] },
      ],
    });
  });

  it('looks at once when an agent knows a newer commit', async () => {
    const repository = await git.createRepository(`hurried-${runs}`);
    await repository.commit({ a: '1' });
    await applyShop(watching(repository.url, '1h'));
    await untilReleases(1);
    const commit = await repository.commit({ a: '2' });
    // All clusters are still there after this.
    api.clock.advance(6_000);
    await report('dev-1', gitRepository(commit, { sourceUrl: repository.url }));
    expect((await untilReleases(2))[0]?.items[0]?.revision).toBe(`main@sha1:${commit}`);
  });

  it('tells why it cannot look, and makes no release of what it cannot see', async () => {
    await applyShop(watching('http://127.0.0.1:9/none.git'));
    await report('dev-1', gitRepository('a1'));
    const watch = await waitFor('the failure', async () => {
      const [row] = (await api.ask('GET', `/api/v1/pipelines/${shop}`)).json().watches;
      return row?.message !== '' && row;
    });
    expect(watch).toMatchObject({ source: 'GitRepository/flux-system/flux-system', commit: null });
    expect(watch.message).toContain('http://127.0.0.1:9/none.git');
    await look();
    expect(await releases()).toEqual([]);
  });
});

describe('the stream', () => {
  it('tells of a pipeline that is made, and of its releases', async () => {
    const abort = new AbortController();
    const response = await fetch(`${api.hub.httpUrl}/api/v1/stream?topics=pipelines,releases,environments`, {
      headers: { authorization: `Bearer ${api.adminToken}` },
      signal: abort.signal,
    });
    let text = '';
    void (async () => {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
    })().catch(() => undefined);
    try {
      await waitFor('the stream', () => text.includes('id: '));
      await applyShop();
      await waitFor('the pipeline', () => text.includes(`event: pipeline\ndata: {"name":"${shop}"`));
      await waitFor('the environment', () => text.includes('event: environment\ndata: {"name":"dev"'));
      await report('dev-1', gitRepository('a1'));
      await waitFor('the release', () => /event: release\ndata: .*"number":1/.test(text));
      await api.ask('DELETE', `/api/v1/pipelines/${shop}`);
      await waitFor('the end', () =>
        text.includes(`event: deleted\ndata: {"kind":"pipeline","name":"${shop}"}`),
      );
    } finally {
      abort.abort();
    }
  });
});

describe('POST /releases', () => {
  const post = (items: object[], options = {}) =>
    api.ask('POST', '/api/v1/releases', { body: { pipeline: shop, items }, ...options });

  it('makes one of a commit that the fleet knows, once', async () => {
    await applyShop({ releases: { automatic: false } });
    await report('prod-1', gitRepository('abcdef012'));
    const first = await post([{ revision: 'abcdef0' }]);
    expect(first.statusCode).toBe(200);
    expect(first.json()).toMatchObject({
      name: `${shop}-1`,
      createdBy: 'admin-from-environment',
      items: [{ url, revision: revisionOf('abcdef012') }],
    });
    expect((await post([{ revision: revisionOf('abcdef012') }])).json().id).toBe(first.json().id);
    const audited = await api.database.query(
      `SELECT actor, details FROM audit_records WHERE action = 'release.created' AND subject = $1`,
      [`release/${shop}-1`],
    );
    expect(audited).toHaveLength(1);
  });

  it('takes what is not named from the newest release', async () => {
    const more = { kind: 'HelmChart', namespace: 'flux-system', name: 'chart' };
    await applyShop({ releases: { automatic: false }, sources: [{ name: 'flux-system' }, more] });
    const missing = await post([{ source: more, revision: '1.0.0' }]);
    expect(missing.json().error.message).toBe(
      'items: GitRepository/flux-system/flux-system is missing, and there is no release to take it from',
    );
    const source = { name: 'flux-system' };
    const both = await post([
      { source, revision: revisionOf('a1') },
      { source: more, revision: '1.0.0' },
    ]);
    expect(both.statusCode).toBe(200);
    const next = await post([{ source: more, revision: '1.1.0' }]);
    expect(revisions([next.json() as Release])).toEqual([`2 ${revisionOf('a1')} 1.1.0`]);
  });

  it.each([
    ['a pipeline that is not there', { pipeline: 'nope', items: [{ revision: 'x' }] }, 404, 'pipeline'],
    ['a commit that nobody knows', { items: [{ revision: 'abcdef0' }] }, 422, 'items.0.revision'],
    [
      'a source that is not of the pipeline',
      { items: [{ source: { name: 'no' }, revision: 'x' }] },
      422,
      'items.0.source',
    ],
    [
      'a source that is there twice',
      { items: [{ revision: revisionOf('a') }, { revision: revisionOf('b') }] },
      422,
      'items.1.source',
    ],
    ['no item', { items: [] }, 422, 'items'],
  ])('refuses %s', async (_, body, status, field) => {
    await applyShop({ releases: { automatic: false } });
    const answer = await api.ask('POST', '/api/v1/releases', { body: { pipeline: shop, ...body } });
    expect(answer.statusCode).toBe(status);
    expect(answer.json().error.field).toBe(field);
  });

  it('numbers without gaps, however many are made at the same time, on both hubs', async () => {
    await applyShop({ releases: { automatic: false } });
    const wanted = Array.from({ length: 20 }, (_, index) => revisionOf(`c${index}d`));
    const ask = (revision: string, index: number) =>
      (index % 2 ? api.hub : replica).app.inject({
        method: 'POST',
        url: '/api/v1/releases',
        headers: { authorization: `Bearer ${api.adminToken}` },
        payload: { pipeline: shop, items: [{ revision }] },
      });
    const answers = await Promise.all([...wanted, ...wanted].map(ask));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    const numbers = (await releases()).map(({ number }) => number);
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => 20 - index));
  });

  it('is for operators', async () => {
    const made = await api.ask('POST', '/api/v1/api-tokens', { body: { name: `v-${runs}`, role: 'viewer' } });
    const { token } = made.json() as { token: string };
    expect((await post([{ revision: 'x' }], { token })).statusCode).toBe(403);
  });
});

describe('a release that is there', () => {
  it('cannot be changed, not even in the database', async () => {
    await applyShop({ releases: { automatic: false } });
    await api.ask('POST', '/api/v1/releases', {
      body: { pipeline: shop, items: [{ revision: revisionOf('a1') }] },
    });
    await expect(
      api.database.query(`UPDATE releases SET name = 'x' WHERE pipeline = $1`, [shop]),
    ).rejects.toThrow('releases are immutable');
  });

  it('keeps its pipeline from being deleted, and its environment in it, while it is promoted', async () => {
    const blocked = (name: string) => ({ name, gates: { before: [{ type: 'approval' }] } });
    await apply(environment('dev'), environment('prod'), pipeline(shop, [blocked('dev'), 'prod']));
    await api.ask('POST', '/api/v1/releases', {
      body: { pipeline: shop, items: [{ revision: revisionOf('a1') }] },
    });
    const underWay = new RegExp(`while promotions are under way: ${shop}-1 to dev \\(\\w+\\)$`);
    const refused = await api.ask('DELETE', `/api/v1/pipelines/${shop}`);
    expect(refused.statusCode).toBe(409);
    expect(refused.json().error).toMatchObject({
      message: expect.stringMatching(underWay) as string,
      remedy: expect.stringMatching(/^wait for them, or abort them: flotilla abort \S+$/) as string,
    });
    const smaller = await api.ask('PUT', '/api/v1/apply', { body: pipeline(shop, ['prod']) });
    expect(smaller.statusCode).toBe(409);
    expect(smaller.json().error.message).toMatch(underWay);
  });

  it('keeps its number when its pipeline is deleted and made again', async () => {
    await applyShop({ releases: { automatic: false } });
    const body = (commit: string) => ({ pipeline: shop, items: [{ revision: revisionOf(commit) }] });
    await api.ask('POST', '/api/v1/releases', { body: body('a1') });
    expect((await api.ask('DELETE', `/api/v1/pipelines/${shop}`)).statusCode).toBe(204);
    await applyShop({ releases: { automatic: false } });
    expect((await api.ask('POST', '/api/v1/releases', { body: body('b2') })).json().name).toBe(`${shop}-2`);
  });
});
