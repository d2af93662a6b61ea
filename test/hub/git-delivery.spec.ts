import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PipelineSpec } from '@flotilla/common/fleet-api/pipeline';
import { GitDeliveryService } from '@flotilla/hub/delivery/git-delivery.service';
import { GitMirrors } from '@flotilla/hub/platform/git/git-mirrors';
import type { DeliveryProgress, PromotionToDeliver } from '@flotilla/hub/promotions/git-delivery';
import { startGitHost } from '../servers/git-host.js';
import type { GitHostKind, GitHostServer } from '../servers/git-host.js';
import { startGitServer } from '../servers/git-server.js';
import type { GitServer } from '../servers/git-server.js';
import { waitFor } from '../servers/wait-for.js';
import { item, promotionOf, startGateWorld } from './gate-world.js';
import type { GateWorld } from './gate-world.js';

const password = 'pa55-of-the-hub';
const dev = 'images:\n- name: app\n  newTag: v2\n';
const prod = '# prod\nimages:\n  - name:  app   # ours\n    newTag: v1 # here\n';
const change = {
  type: 'image',
  file: 'prod/kustomization.yaml',
  image: 'app',
  tagFrom: { file: 'dev/kustomization.yaml' },
};

type Repository = Awaited<ReturnType<GitServer['createRepository']>>;
let server: GitServer;
let repository: Repository;
let world: GateWorld;
let delivery: GitDeliveryService;
let mirrors: GitMirrors;
let names = 0;
let base: string;

/** A hub, as far as delivery goes; starting another one is what a restart is. */
function startDelivery(): void {
  mirrors = new GitMirrors();
  const config = { deliveryAuthor: 'Fleet Bot <bot@example.test>' };
  delivery = new GitDeliveryService(world.http, mirrors, world.clock, config);
}
async function stopDelivery(): Promise<void> {
  await delivery.beforeApplicationShutdown();
  await mirrors.onApplicationShutdown();
}
async function restart(): Promise<void> {
  await stopDelivery();
  startDelivery();
}

beforeAll(async () => {
  server = await startGitServer({ auth: { username: 'bot', password } });
});
afterAll(() => server?.stop());
beforeEach(async () => {
  vi.stubEnv('FLOTILLA_GIT_USER', 'bot');
  vi.stubEnv('FLOTILLA_GIT_PASSWORD', password);
  names += 1;
  repository = await server.createRepository(`org${names}/fleet`);
  base = await repository.commit({
    'dev/kustomization.yaml': dev,
    'prod/kustomization.yaml': prod,
    README: 'r',
  });
  world = startGateWorld();
  startDelivery();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await stopDelivery();
  await world.stop();
});

function promotion(
  git: Record<string, unknown> = {},
  more: Partial<PromotionToDeliver> = {},
): PromotionToDeliver {
  const spec = PipelineSpec.parse({
    sources: [{ name: 'apps' }],
    environments: [
      {
        name: 'prod',
        delivery: 'git',
        git: {
          url: repository.url,
          changes: [change],
          usernameEnv: 'FLOTILLA_GIT_USER',
          passwordEnv: 'FLOTILLA_GIT_PASSWORD',
          ...git,
        },
      },
    ],
  });
  const found = spec.environments[0]?.git;
  if (!found) throw new Error('no git');
  return { ...promotionOf([item(repository.url, { at: base })]), git: found, memory: null, ...more };
}

const deliver = (wish: PromotionToDeliver): Promise<DeliveryProgress> =>
  delivery.deliver(wish, new AbortController().signal);
async function tip(branch = 'main'): Promise<string> {
  await repository.git('fetch', '--quiet', '--prune', 'origin');
  return repository.git('rev-parse', `origin/${branch}`);
}
const show = (what: string): Promise<string> => repository.git('show', what);
const log = async (): Promise<string[]> =>
  (await repository.git('log', '--format=%s', await tip())).split('\n');

describe('a promotion by push', () => {
  it('is one commit that says whose it is, and changes one thing', async () => {
    const progress = await deliver(promotion());
    const commit = await tip();
    expect(progress).toEqual({
      phase: 'done',
      message: `committed ${commit} to main`,
      revisions: [
        {
          source: { kind: 'GitRepository', namespace: 'flux-system', name: 'apps' },
          revision: `main@sha1:${commit}`,
        },
      ],
    });
    expect(await show(`${commit}:prod/kustomization.yaml`)).toBe(prod.replace('v1', 'v2').trim());
    expect(await repository.git('diff', '--name-status', base, commit)).toBe('M\tprod/kustomization.yaml');
    const format = '--format=%an <%ae>%n%cn <%ce>%n%s%n%(trailers)';
    expect((await repository.git('log', '-1', format, commit)).split('\n')).toEqual([
      'Fleet Bot <bot@example.test>',
      'Fleet Bot <bot@example.test>',
      'Promote shop-7 to prod',
      'Flotilla-Pipeline: shop',
      'Flotilla-Environment: prod',
      'Flotilla-Release: shop-7',
      'Flotilla-Requested-By: ci',
      'Flotilla-Promotion: 0199aaaa-0000-7000-8000-000000000001',
    ]);
  });

  it('is delivered once, whoever asks again: also after a restart, and when others have gone on', async () => {
    const first = await deliver(promotion());
    const commit = await tip();
    await repository.git('reset', '--quiet', '--hard', 'origin/main');
    const later = await repository.commit({ 'prod/kustomization.yaml': prod.replace('v1', 'v9') });
    await restart();
    const again = await deliver(promotion());
    expect(again).toMatchObject({ phase: 'done', message: `main has the commit ${commit}` });
    expect(again).toMatchObject({ revisions: 'revisions' in first ? first.revisions : null });
    expect(await tip()).toBe(later);
  });

  it('with nothing to change is done with the tip', async () => {
    const same = await repository.commit({ 'prod/kustomization.yaml': prod.replace('v1', 'v2') });
    const progress = await deliver(promotion());
    expect(progress).toMatchObject({ phase: 'done', message: `main is as it has to be, at ${same}` });
    expect(progress).toMatchObject({ revisions: [{ revision: `main@sha1:${same}` }] });
    expect(await tip()).toBe(same);
  });

  it('takes over what the release had, not what has come since', async () => {
    await repository.commit({ 'dev/kustomization.yaml': dev.replace('v2', 'v3'), 'new.txt': 'stays' });
    await deliver(promotion());
    expect(await show(`${await tip()}:prod/kustomization.yaml`)).toContain('newTag: v2 # here');
    expect(await show(`${await tip()}:new.txt`)).toBe('stays');
  });

  it('of a release from elsewhere takes over what the tip has', async () => {
    const oci = {
      ...item('oci://r.example.com/apps'),
      source: { kind: 'OCIRepository', namespace: 'a', name: 'b' },
    };
    const progress = await deliver(promotion({}, promotionOf([oci])));
    expect(progress).toMatchObject({ phase: 'done', revisions: [] });
    expect(progress.message).toContain('no source of the release comes from');
    expect(await show(`${await tip()}:prod/kustomization.yaml`)).toContain('newTag: v2');
  });

  it('builds on whoever was faster, as often as needed', async () => {
    const hook = join(await repository.git('remote', 'get-url', 'origin'), 'hooks', 'pre-receive');
    // Twice somebody else gets in between the fetch and the push.
    const rival = `git --git-dir=. commit-tree -p main -m rival main^{tree}`;
    const lines = [
      '#!/bin/sh',
      'n=$(cat rivals 2>/dev/null || echo 0)',
      '[ "$n" -ge 2 ] && exit 0',
      'echo $((n+1)) > rivals',
      'unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES',
      'export GIT_AUTHOR_NAME=r GIT_AUTHOR_EMAIL=r@x GIT_COMMITTER_NAME=r GIT_COMMITTER_EMAIL=r@x',
      `git update-ref refs/heads/main $(${rival})`,
    ];
    writeFileSync(hook, `${lines.join('\n')}\n`);
    chmodSync(hook, 0o755);
    expect(await deliver(promotion())).toMatchObject({ phase: 'done' });
    expect(await log()).toEqual(['Promote shop-7 to prod', 'rival', 'rival', 'change']);
  });

  it('of many at the same time gives each its commit', async () => {
    const wishes = [1, 2, 3, 4].map((number) => {
      const copy = { type: 'copy', from: 'dev', to: `copies/${number}` };
      return promotion({ changes: [copy] }, { id: `0199aaaa-0000-7000-8000-00000000001${number}` });
    });
    const answers = await Promise.all(wishes.map(deliver));
    expect(answers.map(({ phase }) => phase)).toEqual(['done', 'done', 'done', 'done']);
    expect((await log()).length).toBe(5);
    expect(await repository.git('ls-tree', '-r', '--name-only', await tip(), 'copies')).toBe(
      [1, 2, 3, 4].map((number) => `copies/${number}/kustomization.yaml`).join('\n'),
    );
  });

  it('that is broken off while the server has it already is found again', async () => {
    const hook = join(await repository.git('remote', 'get-url', 'origin'), 'hooks', 'post-receive');
    writeFileSync(hook, '#!/bin/sh\nsleep 5\n');
    chmodSync(hook, 0o755);
    const cut = deliver(promotion());
    await waitFor('the commit', async () => (await tip()) !== base);
    await restart();
    expect(await cut).toMatchObject({ phase: 'wait', message: 'git was broken off' });
    expect(await deliver(promotion())).toMatchObject({
      phase: 'done',
      message: `main has the commit ${await tip()}`,
    });
    expect((await log()).length).toBe(2);
  });

  it('copies a folder exactly, links and modes as they are', async () => {
    const { folder, git } = repository;
    await repository.commit({
      'dev/deep/x': 'x',
      'dev/run.sh': '#!/bin/sh\n',
      'prod/gone': 'g',
      'prod2/y': 'y',
    });
    chmodSync(join(folder, 'dev/run.sh'), 0o755);
    await git(
      'update-index',
      '--add',
      '--cacheinfo',
      `120000,${await git('hash-object', '-w', 'README')},dev/link`,
    );
    await git('add', 'dev/run.sh');
    await git('commit', '--quiet', '--message', 'modes');
    await git('push', '--quiet', 'origin', 'HEAD');
    base = await repository.head();
    await deliver(promotion({ changes: [{ type: 'copy', from: 'dev', to: 'prod' }] }));
    const commit = await tip();
    expect(await git('rev-parse', `${commit}:prod`)).toBe(await git('rev-parse', `${base}:dev`));
    expect(await git('ls-tree', await tip(), 'prod/')).toMatch(
      /120000 blob .*prod\/link\n100755 blob .*prod\/run\.sh/,
    );
  });

  it.each<[sentence: string, git: Record<string, unknown>, phase: string, message: RegExp]>([
    [
      'a file that is not there',
      { changes: [{ ...change, file: 'nope.yaml' }] },
      'fail',
      /^there is no file nope\.yaml in main$/,
    ],
    [
      'a pointer to nothing',
      {
        changes: [
          {
            type: 'field',
            file: 'prod/kustomization.yaml',
            path: '/a/b',
            from: { file: 'dev/kustomization.yaml' },
          },
        ],
      },
      'fail',
      /^prod\/kustomization\.yaml in main has no field \/a\/b$/,
    ],
    [
      'a path that leads out',
      { changes: [{ type: 'copy', from: '../x', to: 'y' }] },
      'fail',
      /^"\.\.\/x" is not a path inside the repository$/,
    ],
    ['a branch that is not there', { branch: 'nope' }, 'wait', /nope/],
    [
      'a password that is wrong',
      { passwordEnv: 'FLOTILLA_GIT_WRONG' },
      'wait',
      /the server refuses the credentials/,
    ],
    [
      'a password that the hub does not have',
      { passwordEnv: 'FLOTILLA_GIT_NONE' },
      'wait',
      /^the hub has no environment variable FLOTILLA_GIT_NONE$/,
    ],
    ['a server that is not there', { url: 'http://127.0.0.1:9/org/fleet.git' }, 'wait', /127\.0\.0\.1:9/],
    [
      'a server that the hub does not talk to',
      { url: 'http://169.254.169.254/org/fleet.git' },
      'wait',
      /is an address that the hub does not talk to/,
    ],
  ])('says what is wrong: %s', async (_, git, phase, message) => {
    vi.stubEnv('FLOTILLA_GIT_WRONG', 'wr0ng-pa55');
    const progress = await deliver(promotion(git));
    expect([progress.phase, progress.message]).toEqual([phase, expect.stringMatching(message)]);
    expect(progress.message).not.toMatch(/wr0ng-pa55|pa55-of-the-hub|Ym90O/);
    expect(await tip()).toBe(base);
  });

  it('to a protected branch fails with what the server says', async () => {
    const hook = join(await repository.git('remote', 'get-url', 'origin'), 'hooks', 'pre-receive');
    writeFileSync(
      hook,
      '#!/bin/sh\necho "error: GH006: Protected branch update failed for refs/heads/main." >&2\nexit 1\n',
    );
    chmodSync(hook, 0o755);
    const progress = await deliver(promotion());
    expect([progress.phase, progress.message]).toEqual([
      'fail',
      expect.stringMatching(
        /^the server does not let the hub write main: .*GH006: Protected branch update failed/,
      ),
    ]);
  });

  it('of a release whose commit is gone fails', async () => {
    const wish = promotion({}, promotionOf([item(repository.url, { at: 'd'.repeat(40) })]));
    const progress = await deliver(wish);
    expect([progress.phase, progress.message]).toEqual([
      'fail',
      expect.stringMatching(/^the server does not give the commit of the release, d{40}/),
    ]);
  });

  it('of several sources of which none comes from the repository fails', async () => {
    const items = ['a', 'b'].map((name) => item(`https://git.example.com/org/${name}`, { name }));
    const progress = await deliver(promotion({}, promotionOf(items)));
    expect([progress.phase, progress.message]).toEqual([
      'fail',
      `none of the sources of the release comes from ${repository.url}: a (https://git.example.com/org/a), b (https://git.example.com/org/b)`,
    ]);
  });

  it('that takes long says so, and is gone on with', async () => {
    const hook = join(await repository.git('remote', 'get-url', 'origin'), 'hooks', 'pre-receive');
    writeFileSync(hook, '#!/bin/sh\nsleep 2\n');
    chmodSync(hook, 0o755);
    const soon = new AbortController();
    const first = delivery.deliver(promotion(), soon.signal);
    await setTimeout(500);
    soon.abort();
    expect(await first).toMatchObject({ phase: 'wait', message: 'Git is being written' });
    expect(await deliver(promotion())).toMatchObject({
      phase: 'done',
      message: `committed ${await tip()} to main`,
    });
    expect((await log()).length).toBe(2);
  });
});

describe.each<[GitHostKind, string]>([
  ['github', '#'],
  ['gitlab', '!'],
  ['gitea', '#'],
])('a pull request of %s', (kind, sign) => {
  let host: GitHostServer;
  const branch = 'flotilla/prod-0199aaaa-0000-7000-8000-000000000001';
  const wish = (memory: PromotionToDeliver['memory'] = null, git: object = {}) =>
    promotion({ provider: kind, pullRequest: true, apiUrl: host.apiUrl, ...git }, { memory });
  const memoryOf = (progress: DeliveryProgress) => ('memory' in progress ? (progress.memory ?? null) : null);
  const branches = async () =>
    (await repository.git('ls-remote', '--heads', 'origin'))
      .split('\n')
      .map((line) => line.split('refs/heads/')[1]);

  beforeEach(async () => {
    host = await startGitHost(kind, repository, `org${names}/fleet`, password);
  });
  afterEach(() => host.stop());

  it('is opened once, waited for, and followed where it was merged', async () => {
    const first = await deliver(wish());
    expect(first).toEqual({
      phase: 'wait',
      message: expect.stringMatching(
        new RegExp(`^pull request ${sign}1 is open: https://git\\.example\\.com/org/fleet/`),
      ),
      memory: { pullRequest: 1 },
    });
    expect(host.pulls).toMatchObject([{ head: branch, base: 'main', title: 'Promote shop-7 to prod' }]);
    expect(host.pulls[0]?.text).toContain('Flotilla-Promotion: 0199aaaa-0000-7000-8000-000000000001');
    await tip();
    expect(await show(`origin/${branch}:prod/kustomization.yaml`)).toBe(prod.replace('v1', 'v2').trim());
    expect(await repository.git('rev-parse', `origin/${branch}^`)).toBe(base);
    expect(await tip()).toBe(base);
    // With what is remembered, and without, as after a kill.
    for (const memory of [memoryOf(first), null]) expect(await deliver(wish(memory))).toEqual(first);
    expect(host.pulls.length).toBe(1);
    const merged = await host.merge(1);
    await restart();
    for (const memory of [memoryOf(first), null]) {
      expect(await deliver(wish(memory))).toEqual({
        phase: 'done',
        message: expect.stringMatching(new RegExp(`^pull request ${sign}1 is merged: `)),
        revisions: [{ source: item('').source, revision: `main@sha1:${merged}` }],
      });
    }
    expect(await branches()).toEqual(['main']);
  });

  it('that somebody closes fails', async () => {
    const first = await deliver(wish());
    Object.assign(host.pulls[0] ?? {}, { state: 'closed' });
    for (const memory of [memoryOf(first), null])
      expect(await deliver(wish(memory))).toMatchObject({
        phase: 'fail',
        message: expect.stringMatching(/1 was closed without a merge: https/) as string,
      });
  });

  it('that was led to another branch and merged there fails', async () => {
    await repository.git('push', '--quiet', 'origin', 'HEAD:refs/heads/other');
    const first = await deliver(wish());
    Object.assign(host.pulls[0] ?? {}, { state: 'merged', base: 'other', commit: base });
    expect((await deliver(wish(memoryOf(first)))).message).toMatch(/1 was merged into other, not main/);
  });

  it('is not needed where nothing would change', async () => {
    const same = await repository.commit({ 'prod/kustomization.yaml': prod.replace('v1', 'v2') });
    expect(await deliver(wish())).toMatchObject({
      phase: 'done',
      revisions: [{ revision: `main@sha1:${same}` }],
    });
    expect([host.pulls, await branches()]).toEqual([[], ['main']]);
  });

  it('is opened after a kill between the branch and the API', async () => {
    host.intercept = ({ method }) =>
      method === 'POST' ? { status: 503, body: { message: 'away' } } : undefined;
    expect(await deliver(wish())).toMatchObject({
      phase: 'wait',
      message: expect.stringMatching(/answered 503: away$/) as string,
    });
    expect(await branches()).toEqual([branch, 'main']);
    await restart();
    host.intercept = () => undefined;
    await repository.commit({ README: 'the branch has moved on' });
    expect(await deliver(wish())).toMatchObject({ phase: 'wait', memory: { pullRequest: 1 } });
    await tip();
    expect(await repository.git('rev-parse', `origin/${branch}^`)).toBe(await tip());
  });

  it('that another replica has opened in the same moment is taken', async () => {
    let asked = 0;
    host.intercept = ({ method }) => {
      asked += method === 'GET' ? 1 : 0;
      return method === 'GET' && asked === 1 ? { body: [] } : undefined;
    };
    await repository.git('push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`);
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
    expect(await deliver(wish())).toMatchObject({ phase: 'wait', memory: { pullRequest: 1 } });
    expect(host.pulls.length).toBe(1);
  });

  it('is closed, saying why, when the promotion ends before; its branch goes', async () => {
    const memory = memoryOf(await deliver(wish()));
    const { signal } = new AbortController();
    await delivery.withdraw(wish(memory), 'superseded by shop-8', signal);
    expect(host.pulls).toMatchObject([
      { state: 'closed', comments: ['The promotion has ended: superseded by shop-8'] },
    ]);
    expect(await branches()).toEqual(['main']);
    // Again, and without what was remembered: nothing more happens.
    await delivery.withdraw(wish(), 'superseded by shop-8', signal);
    expect(host.pulls[0]?.comments.length).toBe(1);
  });

  it('that is merged already stays as it is when the promotion ends', async () => {
    const memory = memoryOf(await deliver(wish()));
    await host.merge(1);
    await delivery.withdraw(wish(memory), 'late', new AbortController().signal);
    expect(host.pulls).toMatchObject([{ state: 'merged', comments: [] }]);
  });

  it('with a token that the API refuses says so, without the token', async () => {
    host.intercept = () => ({ status: 401, body: { message: `Bad credentials: ${password}` } });
    const progress = await deliver(wish());
    expect(progress).toMatchObject({
      phase: 'wait',
      message: expect.stringMatching(/refuses the credentials \(401\): Bad credentials: \*\*\*$/) as string,
    });
  });

  it('without a pull request is a commit', async () => {
    expect(await deliver(wish(null, { pullRequest: false }))).toMatchObject({ phase: 'done' });
    expect([host.requests.length, (await log()).length]).toEqual([0, 2]);
  });

  if (kind !== 'gitea')
    it('in conflict says so', async () => {
      const memory = memoryOf(await deliver(wish()));
      Object.assign(host.pulls[0] ?? {}, { conflicts: true });
      expect((await deliver(wish(memory))).message).toMatch(/is open, in conflict with main: https/);
    });
});
