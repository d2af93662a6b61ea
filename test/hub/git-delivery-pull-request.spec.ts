import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeliveryProgress, PromotionToDeliver } from '@flotilla/hub/promotions/git-delivery';
import { startGitHost } from '../servers/git-host.js';
import type { GitHostKind, GitHostServer } from '../servers/git-host.js';
import { DeliveryRig, password, prod } from './delivery-rig.js';
import { item } from './gate-world.js';

const rig = new DeliveryRig();

describe.each<[GitHostKind, string]>([
  ['github', '#'],
  ['gitlab', '!'],
  ['gitea', '#'],
])('a pull request of %s', (kind, sign) => {
  let host: GitHostServer;
  const branch = 'flotilla/prod-0199aaaa-0000-7000-8000-000000000001';
  const wish = (memory: PromotionToDeliver['memory'] = null, git: object = {}) =>
    rig.promotion({ provider: kind, pullRequest: true, apiUrl: host.apiUrl, ...git }, { memory });
  const memoryOf = (progress: DeliveryProgress) => ('memory' in progress ? (progress.memory ?? null) : null);
  const branches = async () =>
    (await rig.repository.git('ls-remote', '--heads', 'origin'))
      .split('\n')
      .map((line) => line.split('refs/heads/')[1]);

  beforeEach(async () => {
    host = await startGitHost(kind, rig.repository, rig.path, password);
  });
  afterEach(() => host.stop());

  it('is opened once, waited for, and followed where it was merged', async () => {
    const first = await rig.deliver(wish());
    expect(first).toEqual({
      phase: 'wait',
      message: expect.stringMatching(
        new RegExp(`^pull request ${sign}1 is open: https://git\\.example\\.com/org/fleet/`),
      ),
      memory: { pullRequest: 1 },
    });
    expect(host.pulls).toMatchObject([{ head: branch, base: 'main', title: 'Promote shop-7 to prod' }]);
    expect(host.pulls[0]?.text).toContain('Flotilla-Promotion: 0199aaaa-0000-7000-8000-000000000001');
    await rig.tip();
    expect(await rig.git('show', `origin/${branch}:prod/kustomization.yaml`)).toBe(
      prod.replace('v1', 'v2').trim(),
    );
    expect(await rig.repository.git('rev-parse', `origin/${branch}^`)).toBe(rig.base);
    expect(await rig.tip()).toBe(rig.base);
    // With what is remembered, and without, as after a kill.
    for (const memory of [memoryOf(first), null]) expect(await rig.deliver(wish(memory))).toEqual(first);
    expect(host.pulls.length).toBe(1);
    const merged = await host.merge(1);
    await rig.restart();
    for (const memory of [memoryOf(first), null]) {
      expect(await rig.deliver(wish(memory))).toEqual({
        phase: 'done',
        message: expect.stringMatching(new RegExp(`^pull request ${sign}1 is merged: `)),
        revisions: [{ source: item('').source, revision: `main@sha1:${merged}` }],
      });
    }
    expect(await branches()).toEqual(['main']);
  });

  it('that somebody closes fails', async () => {
    const first = await rig.deliver(wish());
    Object.assign(host.pulls[0] ?? {}, { state: 'closed' });
    for (const memory of [memoryOf(first), null])
      expect(await rig.deliver(wish(memory))).toMatchObject({
        phase: 'fail',
        message: expect.stringMatching(/1 was closed without a merge: https/) as string,
      });
  });

  it('that was led to another branch and merged there fails', async () => {
    await rig.repository.git('push', '--quiet', 'origin', 'HEAD:refs/heads/other');
    const first = await rig.deliver(wish());
    Object.assign(host.pulls[0] ?? {}, { state: 'merged', base: 'other', commit: rig.base });
    expect((await rig.deliver(wish(memoryOf(first)))).message).toMatch(/1 was merged into other, not main/);
  });

  it('is not needed where nothing would change', async () => {
    const same = await rig.repository.commit({ 'prod/kustomization.yaml': prod.replace('v1', 'v2') });
    expect(await rig.deliver(wish())).toMatchObject({
      phase: 'done',
      revisions: [{ revision: `main@sha1:${same}` }],
    });
    expect([host.pulls, await branches()]).toEqual([[], ['main']]);
  });

  it('is opened after a kill between the branch and the API', async () => {
    host.intercept = ({ method }) =>
      method === 'POST' ? { status: 503, body: { message: 'away' } } : undefined;
    expect(await rig.deliver(wish())).toMatchObject({
      phase: 'wait',
      message: expect.stringMatching(/answered 503: away$/) as string,
    });
    expect(await branches()).toEqual([branch, 'main']);
    await rig.restart();
    host.intercept = () => undefined;
    await rig.repository.commit({ README: 'the branch has moved on' });
    expect(await rig.deliver(wish())).toMatchObject({ phase: 'wait', memory: { pullRequest: 1 } });
    await rig.tip();
    expect(await rig.repository.git('rev-parse', `origin/${branch}^`)).toBe(await rig.tip());
  });

  it('that another replica has opened in the same moment is taken', async () => {
    let asked = 0;
    host.intercept = ({ method }) => {
      asked += method === 'GET' ? 1 : 0;
      return method === 'GET' && asked === 1 ? { body: [] } : undefined;
    };
    await rig.repository.git('push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`);
    host.pulls.push({
      number: 1,
      head: branch,
      base: 'main',
      title: '',
      text: '',
      state: 'open',
      commit: null,
      conflicts: false,
      comments: [],
    });
    expect(await rig.deliver(wish())).toMatchObject({ phase: 'wait', memory: { pullRequest: 1 } });
    expect(host.pulls.length).toBe(1);
  });

  it('is closed, saying why, when the promotion ends before; its branch goes', async () => {
    const memory = memoryOf(await rig.deliver(wish()));
    const { signal } = new AbortController();
    await rig.delivery.withdraw(wish(memory), 'superseded by shop-8', signal);
    expect(host.pulls).toMatchObject([
      { state: 'closed', comments: ['The promotion has ended: superseded by shop-8'] },
    ]);
    expect(await branches()).toEqual(['main']);
    // Again, and without what was remembered: nothing more happens.
    await rig.delivery.withdraw(wish(), 'superseded by shop-8', signal);
    expect(host.pulls[0]?.comments.length).toBe(1);
  });

  it('that is merged already stays as it is when the promotion ends', async () => {
    const memory = memoryOf(await rig.deliver(wish()));
    await host.merge(1);
    await rig.delivery.withdraw(wish(memory), 'late', new AbortController().signal);
    expect(host.pulls).toMatchObject([{ state: 'merged', comments: [] }]);
  });

  it('with a token that the API refuses says so, without the token', async () => {
    host.intercept = () => ({ status: 401, body: { message: `Bad credentials: ${password}` } });
    const progress = await rig.deliver(wish());
    expect(progress).toMatchObject({
      phase: 'wait',
      message: expect.stringMatching(/refuses the credentials \(401\): Bad credentials: \*\*\*$/) as string,
    });
  });

  it('without a pull request is a commit', async () => {
    expect(await rig.deliver(wish(null, { pullRequest: false }))).toMatchObject({ phase: 'done' });
    expect([host.requests.length, (await rig.log()).length]).toEqual([0, 2]);
  });

  if (kind !== 'gitea')
    it('in conflict says so', async () => {
      const memory = memoryOf(await rig.deliver(wish()));
      Object.assign(host.pulls[0] ?? {}, { conflicts: true });
      expect((await rig.deliver(wish(memory))).message).toMatch(/is open, in conflict with main: https/);
    });
});
