import { createHash } from 'node:crypto';
import { SourceGate_State } from '@flotilla/proto/flotilla/v1/state';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startGitServer } from '../servers/git-server.js';
import type { GitServer } from '../servers/git-server.js';
import { waitFor } from '../servers/wait-for.js';
import { gitRepository, revisionOf, seedObjects } from './api-seed.js';
import { ReleaseRig, sourceUrl } from './release-rig.js';

let rig: ReleaseRig;
let git: GitServer;

beforeAll(async () => {
  git = await startGitServer();
  rig = await ReleaseRig.start();
});
afterAll(async () => {
  await rig?.stop();
  await git?.stop();
});
beforeEach(() => rig.begin());

describe('a release by itself', () => {
  it('is made once, within a second of the first report, by two hubs that both hear of it', async () => {
    await rig.applyShop();
    const author = 'Ann <ann@example.test>';
    await rig.report('dev-1', gitRepository('a1', { revisionAuthor: author }));
    const [release] = await rig.untilReleases(1);
    expect(release).toMatchObject({
      name: `${rig.shop}-1`,
      number: 1,
      createdBy: 'hub',
      vetoed: false,
      items: [
        {
          source: { name: 'flux-system' },
          url: sourceUrl,
          revision: revisionOf('a1'),
          authors: [author],
          veto: null,
        },
      ],
    });
    await rig.report('dev-2', gitRepository('a1'));
    await rig.report('dev-1', gitRepository('b2'));
    await rig.report('dev-2', gitRepository('b2'));
    expect(rig.revisions(await rig.untilReleases(2))).toEqual([
      `2 ${revisionOf('b2')}`,
      `1 ${revisionOf('a1')}`,
    ]);
    for (let round = 0; round < 3; round += 1) await rig.look();
    expect(await rig.releases()).toHaveLength(2);
    expect((await rig.api.ask('GET', `/api/v1/releases/${rig.shop}-2`)).json().number).toBe(2);
    expect((await rig.api.ask('GET', `/api/v1/releases/${release!.id}`)).json().name).toBe(`${rig.shop}-1`);
    expect((await rig.api.ask('GET', `/api/v1/pipelines/${rig.shop}`)).json().latestRelease).toBe(
      `${rig.shop}-2`,
    );
  });

  it('is not made of what only later environments have, nor of an old revision that a cluster lags with', async () => {
    await rig.applyShop();
    await rig.report('prod-1', gitRepository('0d'));
    await rig.report('dev-1', gitRepository('a1'));
    await rig.untilReleases(1);
    await rig.report('dev-1', gitRepository('b2'));
    await rig.untilReleases(2);
    await rig.report('dev-2', gitRepository('a1', { changedAt: new Date('2026-03-01T11:59:00.000Z') }));
    await rig.look();
    expect(rig.revisions(await rig.releases())).toEqual([`2 ${revisionOf('b2')}`, `1 ${revisionOf('a1')}`]);
  });

  it('is made of the newest revision on the remote where the source is gated', async () => {
    await rig.applyShop();
    const gate = {
      state: SourceGate_State.STATE_HELD,
      mode: 'required',
      newestRevision: revisionOf('b2'),
      pinnedRevision: revisionOf('a1'),
      pinId: 'p',
      message: 'held',
    };
    await rig.report('dev-1', gitRepository('a1', { gate, revisionAuthor: 'Old <old@example.test>' }));
    const [release] = await rig.untilReleases(1);
    expect(release?.items[0]).toMatchObject({ revision: revisionOf('b2'), authors: [], authorUnknown: true });
    // Its pipeline moves it there, and its agent tells who made it.
    await rig.report('dev-1', gitRepository('b2', { revisionAuthor: 'New <new@example.test>' }));
    await waitFor('the author', async () => {
      const [item] = (await rig.releases())[0]?.items ?? [];
      return item?.authors[0] === 'New <new@example.test>' && !('authorUnknown' in item);
    });
  });

  it('waits until all sources are known, and holds them together', async () => {
    await rig.applyShop({ sources: [{ name: 'flux-system' }, { kind: 'OCIRepository', name: 'images' }] });
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
    await rig.report('dev-1', gitRepository('a1'));
    await rig.look();
    expect(await rig.releases()).toEqual([]);
    await rig.report('dev-1', images('1.0'));
    const [release] = await rig.untilReleases(1);
    expect(release?.items).toMatchObject([
      { revision: revisionOf('a1'), digest: null },
      {
        revision: `1.0@sha256:${digest}`,
        digest: `sha256:${digest}`,
        url: 'oci://registry.example.com/images',
      },
    ]);
    await rig.report('dev-1', images('latest'));
    await rig.look();
    expect(await rig.releases()).toHaveLength(1);
  });

  it('is not made where the pipeline does not want it', async () => {
    await rig.applyShop({ releases: { automatic: false } });
    await rig.report('dev-1', gitRepository('a1'));
    await rig.look();
    expect(await rig.releases()).toEqual([]);
  });

  it('is found by looking, when no message told', async () => {
    await seedObjects(rig.api, rig.clusters['dev-1']!, [gitRepository('a1')]);
    await rig.applyShop();
    expect(await rig.untilReleases(1)).toHaveLength(1);
  });

  it('says that an item is vetoed, but is made', async () => {
    await rig.applyShop();
    const body = { url: sourceUrl, revision: revisionOf('bad'), reason: 'broken' };
    expect((await rig.api.ask('POST', '/api/v1/vetoes', { body })).statusCode).toBe(201);
    await rig.report('dev-1', gitRepository('bad'));
    const [release] = await rig.untilReleases(1);
    expect(release).toMatchObject({ vetoed: true, items: [{ veto: { reason: 'broken' } }] });
  });
});

describe("the hub's own look at Git", () => {
  const watching = (address: string, interval = '1s') => ({
    releases: { watch: [{ url: address, interval }] },
  });

  it('makes releases that no agent has fetched yet, with all authors since the release before', async () => {
    const repository = await git.createRepository(`watched-${rig.runs}`);
    const as = async (author: string) => {
      await repository.git('commit', '--quiet', '--allow-empty', `--author=${author}`, '--message', 'x');
      await repository.git('push', '--quiet', 'origin', 'HEAD');
      return repository.head();
    };
    const first = await as('Ann <ann@example.test>');
    await rig.applyShop(watching(repository.url));
    expect((await rig.untilReleases(1))[0]).toMatchObject({
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
    rig.api.clock.advance(1_000);
    await waitFor('the next look', async () => {
      rig.api.clock.advance(1_000);
      return (await rig.releases()).length === 2;
    });
    expect((await rig.releases())[0]).toMatchObject({
      name: `${rig.shop}-2`,
      items: [
        { revision: `main@sha1:${second}`, authors: ['Cy <cy@example.test>', 'Bob <bob@example.test>'] },
      ],
    });
  });

  it('looks at once when an agent knows a newer commit', async () => {
    const repository = await git.createRepository(`hurried-${rig.runs}`);
    await repository.commit({ a: '1' });
    await rig.applyShop(watching(repository.url, '1h'));
    await rig.untilReleases(1);
    const commit = await repository.commit({ a: '2' });
    // All clusters are still there after this.
    rig.api.clock.advance(6_000);
    await rig.report('dev-1', gitRepository(commit, { sourceUrl: repository.url }));
    expect((await rig.untilReleases(2))[0]?.items[0]?.revision).toBe(`main@sha1:${commit}`);
  });

  it('tells why it cannot look, and makes no release of what it cannot see', async () => {
    await rig.applyShop(watching('http://127.0.0.1:9/none.git'));
    await rig.report('dev-1', gitRepository('a1'));
    const watch = await waitFor('the failure', async () => {
      const [row] = (await rig.api.ask('GET', `/api/v1/pipelines/${rig.shop}`)).json().watches;
      return row?.message !== '' && row;
    });
    expect(watch).toMatchObject({ source: 'GitRepository/flux-system/flux-system', commit: null });
    expect(watch.message).toContain('http://127.0.0.1:9/none.git');
    await rig.look();
    expect(await rig.releases()).toEqual([]);
  });
});

describe('the stream', () => {
  it('tells of a pipeline that is made, and of its releases', async () => {
    const abort = new AbortController();
    const response = await fetch(
      `${rig.api.hub.httpUrl}/api/v1/stream?topics=pipelines,releases,environments`,
      {
        headers: { authorization: `Bearer ${rig.api.adminToken}` },
        signal: abort.signal,
      },
    );
    let text = '';
    void (async () => {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
    })().catch(() => undefined);
    try {
      await waitFor('the stream', () => text.includes('id: '));
      await rig.applyShop();
      await waitFor('the pipeline', () => text.includes(`event: pipeline\ndata: {"name":"${rig.shop}"`));
      await waitFor('the environment', () => text.includes('event: environment\ndata: {"name":"dev"'));
      await rig.report('dev-1', gitRepository('a1'));
      await waitFor('the release', () => /event: release\ndata: .*"number":1/.test(text));
      await rig.api.ask('DELETE', `/api/v1/pipelines/${rig.shop}`);
      await waitFor('the end', () =>
        text.includes(`event: deleted\ndata: {"kind":"pipeline","name":"${rig.shop}"}`),
      );
    } finally {
      abort.abort();
    }
  });
});
