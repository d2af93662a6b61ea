import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { gitRepository, revisionOf } from './api-seed.js';
import { environment, pipeline } from './documents.js';
import { ReleaseRig, sourceUrl } from './release-rig.js';
import type { Release } from './release-view.js';

let rig: ReleaseRig;

beforeAll(async () => {
  rig = await ReleaseRig.start();
});
afterAll(async () => {
  await rig?.stop();
});
beforeEach(() => rig.begin());

describe('POST /releases', () => {
  const post = (items: object[], options = {}) =>
    rig.api.ask('POST', '/api/v1/releases', { body: { pipeline: rig.shop, items }, ...options });

  it('makes one of a commit that the fleet knows, once', async () => {
    await rig.applyShop({ releases: { automatic: false } });
    await rig.report('prod-1', gitRepository('abcdef012'));
    const first = await post([{ revision: 'abcdef0' }]);
    expect(first.statusCode).toBe(201);
    expect(first.json()).toMatchObject({
      name: `${rig.shop}-1`,
      createdBy: 'admin-from-environment',
      items: [{ url: sourceUrl, revision: revisionOf('abcdef012') }],
    });
    const again = await post([{ revision: revisionOf('abcdef012') }]);
    expect([again.statusCode, again.json().id]).toEqual([200, first.json().id]);
    const audited = await rig.api.database.query(
      `SELECT actor, details FROM audit_records WHERE action = 'release.created' AND subject = $1`,
      [`release/${rig.shop}-1`],
    );
    expect(audited).toHaveLength(1);
  });

  it('takes what is not named from the newest release', async () => {
    const more = { kind: 'HelmChart', namespace: 'flux-system', name: 'chart' };
    await rig.applyShop({ releases: { automatic: false }, sources: [{ name: 'flux-system' }, more] });
    const missing = await post([{ source: more, revision: '1.0.0' }]);
    expect(missing.json().error.message).toBe(
      'items: GitRepository/flux-system/flux-system is missing, and there is no release to take it from',
    );
    const source = { name: 'flux-system' };
    const both = await post([
      { source, revision: revisionOf('a1') },
      { source: more, revision: '1.0.0' },
    ]);
    expect(both.statusCode).toBe(201);
    const next = await post([{ source: more, revision: '1.1.0' }]);
    expect(rig.revisions([next.json() as Release])).toEqual([`2 ${revisionOf('a1')} 1.1.0`]);
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
    await rig.applyShop({ releases: { automatic: false } });
    const answer = await rig.api.ask('POST', '/api/v1/releases', { body: { pipeline: rig.shop, ...body } });
    expect(answer.statusCode).toBe(status);
    expect(answer.json().error.field).toBe(field);
  });

  it('numbers without gaps, however many are made at the same time, on both hubs', async () => {
    await rig.applyShop({ releases: { automatic: false } });
    const wanted = Array.from({ length: 20 }, (_, index) => revisionOf(`c${index}d`));
    const ask = (revision: string, index: number) =>
      (index % 2 ? rig.api.hub : rig.replica).app.inject({
        method: 'POST',
        url: '/api/v1/releases',
        headers: { authorization: `Bearer ${rig.api.adminToken}` },
        payload: { pipeline: rig.shop, items: [{ revision }] },
      });
    const answers = await Promise.all([...wanted, ...wanted].map(ask));
    const made = answers.filter(({ statusCode }) => statusCode === 201);
    expect([made.length, answers.filter(({ statusCode }) => statusCode === 200).length]).toEqual([20, 20]);
    const numbers = (await rig.releases()).map(({ number }) => number);
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => 20 - index));
  });

  it('is for operators', async () => {
    const made = await rig.api.ask('POST', '/api/v1/api-tokens', {
      body: { name: `v-${rig.runs}`, role: 'viewer' },
    });
    const { token } = made.json() as { token: string };
    expect((await post([{ revision: 'x' }], { token })).statusCode).toBe(403);
  });
});

describe('a release that is there', () => {
  it('cannot be changed, not even in the database', async () => {
    await rig.applyShop({ releases: { automatic: false } });
    await rig.api.ask('POST', '/api/v1/releases', {
      body: { pipeline: rig.shop, items: [{ revision: revisionOf('a1') }] },
    });
    await expect(
      rig.api.database.query(`UPDATE releases SET name = 'x' WHERE pipeline = $1`, [rig.shop]),
    ).rejects.toThrow('releases are immutable');
  });

  it('keeps its pipeline from being deleted, and its environment in it, while it is promoted', async () => {
    const blocked = (name: string) => ({ name, gates: { before: [{ type: 'approval' }] } });
    await rig.apply(environment('dev'), environment('prod'), pipeline(rig.shop, [blocked('dev'), 'prod']));
    await rig.api.ask('POST', '/api/v1/releases', {
      body: { pipeline: rig.shop, items: [{ revision: revisionOf('a1') }] },
    });
    const underWay = new RegExp(`while promotions are under way: ${rig.shop}-1 to dev \\(\\w+\\)$`);
    const refused = await rig.api.ask('DELETE', `/api/v1/pipelines/${rig.shop}`);
    expect(refused.statusCode).toBe(409);
    expect(refused.json().error).toMatchObject({
      message: expect.stringMatching(underWay) as string,
      remedy: expect.stringMatching(/^wait for them, or abort them: flotilla abort \S+$/) as string,
    });
    const smaller = await rig.api.ask('PUT', '/api/v1/apply', { body: pipeline(rig.shop, ['prod']) });
    expect(smaller.statusCode).toBe(409);
    expect(smaller.json().error.message).toMatch(underWay);
  });

  it('keeps its number when its pipeline is deleted and made again', async () => {
    await rig.applyShop({ releases: { automatic: false } });
    const body = (commit: string) => ({ pipeline: rig.shop, items: [{ revision: revisionOf(commit) }] });
    await rig.api.ask('POST', '/api/v1/releases', { body: body('a1') });
    expect((await rig.api.ask('DELETE', `/api/v1/pipelines/${rig.shop}`)).statusCode).toBe(204);
    await rig.applyShop({ releases: { automatic: false } });
    expect((await rig.api.ask('POST', '/api/v1/releases', { body: body('b2') })).json().name).toBe(
      `${rig.shop}-2`,
    );
  });
});
