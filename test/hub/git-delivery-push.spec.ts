import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { waitFor } from '../servers/wait-for.js';
import { change, DeliveryRig, dev, prod } from './delivery-rig.js';
import { item, promotionOf } from './gate-world.js';

const rig = new DeliveryRig();

describe('a promotion by push', () => {
  it('is one commit that says whose it is, and changes one thing', async () => {
    const progress = await rig.deliver(rig.promotion());
    const commit = await rig.tip();
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
    expect(await rig.git('show', `${commit}:prod/kustomization.yaml`)).toBe(prod.replace('v1', 'v2').trim());
    expect(await rig.repository.git('diff', '--name-status', rig.base, commit)).toBe(
      'M\tprod/kustomization.yaml',
    );
    const format = '--format=%an <%ae>%n%cn <%ce>%n%s%n%(trailers)';
    expect((await rig.repository.git('log', '-1', format, commit)).split('\n')).toEqual([
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
    const first = await rig.deliver(rig.promotion());
    const commit = await rig.tip();
    await rig.repository.git('reset', '--quiet', '--hard', 'origin/main');
    const later = await rig.repository.commit({ 'prod/kustomization.yaml': prod.replace('v1', 'v9') });
    await rig.restart();
    const again = await rig.deliver(rig.promotion());
    expect(again).toMatchObject({ phase: 'done', message: `main has the commit ${commit}` });
    expect(again).toMatchObject({ revisions: 'revisions' in first ? first.revisions : null });
    expect(await rig.tip()).toBe(later);
  });

  it('with nothing to change is done with the tip', async () => {
    const same = await rig.repository.commit({ 'prod/kustomization.yaml': prod.replace('v1', 'v2') });
    const progress = await rig.deliver(rig.promotion());
    expect(progress).toMatchObject({ phase: 'done', message: `main is as it has to be, at ${same}` });
    expect(progress).toMatchObject({ revisions: [{ revision: `main@sha1:${same}` }] });
    expect(await rig.tip()).toBe(same);
  });

  it('takes over what the release had, not what has come since', async () => {
    await rig.repository.commit({ 'dev/kustomization.yaml': dev.replace('v2', 'v3'), 'new.txt': 'stays' });
    await rig.deliver(rig.promotion());
    expect(await rig.git('show', `${await rig.tip()}:prod/kustomization.yaml`)).toContain(
      'newTag: v2 # here',
    );
    expect(await rig.git('show', `${await rig.tip()}:new.txt`)).toBe('stays');
  });

  it('to a branch of the environment takes over what the release had on its own branch', async () => {
    await rig.git('push', '--quiet', 'origin', 'HEAD:refs/heads/env/prod');
    await rig.repository.commit({ 'dev/kustomization.yaml': dev.replace('v2', 'v3') });
    const main = await rig.tip();
    const progress = await rig.deliver(rig.promotion({ branch: 'env/prod' }));
    const commit = await rig.tip('env/prod');
    expect(progress).toMatchObject({ phase: 'done', revisions: [{ revision: `env/prod@sha1:${commit}` }] });
    expect(await rig.git('show', `${commit}:prod/kustomization.yaml`)).toContain('newTag: v2 # here');
    expect([await rig.git('rev-parse', `${commit}^`), await rig.tip()]).toEqual([rig.base, main]);
  });

  it('of a release from elsewhere takes over what the tip has', async () => {
    const oci = {
      ...item('oci://r.example.com/apps'),
      source: { kind: 'OCIRepository', namespace: 'a', name: 'b' },
    };
    const progress = await rig.deliver(rig.promotion({}, promotionOf([oci])));
    expect(progress).toMatchObject({ phase: 'done', revisions: [] });
    expect(progress.message).toContain('no source of the release comes from');
    expect(await rig.git('show', `${await rig.tip()}:prod/kustomization.yaml`)).toContain('newTag: v2');
  });

  it('builds on whoever was faster, as often as needed', async () => {
    // Twice somebody else gets in between the fetch and the push.
    const rival = `git --git-dir=. commit-tree -p main -m rival main^{tree}`;
    const lines = [
      'n=$(cat rivals 2>/dev/null || echo 0)',
      '[ "$n" -ge 2 ] && exit 0',
      'echo $((n+1)) > rivals',
      'unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES',
      'export GIT_AUTHOR_NAME=r GIT_AUTHOR_EMAIL=r@x GIT_COMMITTER_NAME=r GIT_COMMITTER_EMAIL=r@x',
      `git update-ref refs/heads/main $(${rival})`,
    ];
    await rig.hook('pre-receive', ...lines);
    expect(await rig.deliver(rig.promotion())).toMatchObject({ phase: 'done' });
    expect(await rig.log()).toEqual(['Promote shop-7 to prod', 'rival', 'rival', 'change']);
  });

  it('of many at the same time gives each its commit', async () => {
    const wishes = [1, 2, 3, 4].map((number) => {
      const copy = { type: 'copy', from: 'dev', to: `copies/${number}` };
      return rig.promotion({ changes: [copy] }, { id: `0199aaaa-0000-7000-8000-00000000001${number}` });
    });
    const answers = await Promise.all(wishes.map((wish) => rig.deliver(wish)));
    expect(answers.map(({ phase }) => phase)).toEqual(['done', 'done', 'done', 'done']);
    expect((await rig.log()).length).toBe(5);
    expect(await rig.repository.git('ls-tree', '-r', '--name-only', await rig.tip(), 'copies')).toBe(
      [1, 2, 3, 4].map((number) => `copies/${number}/kustomization.yaml`).join('\n'),
    );
  });

  it('that is broken off while the server has it already is found again', async () => {
    await rig.hook('post-receive', 'sleep 5');
    const cut = rig.deliver(rig.promotion());
    await waitFor('the commit', async () => (await rig.tip()) !== rig.base);
    await rig.restart();
    expect(await cut).toMatchObject({ phase: 'wait', message: 'git was broken off' });
    expect(await rig.deliver(rig.promotion())).toMatchObject({
      phase: 'done',
      message: `main has the commit ${await rig.tip()}`,
    });
    expect((await rig.log()).length).toBe(2);
  });

  it('copies a folder exactly, links and modes as they are', async () => {
    const { folder } = rig.repository;
    const git = (...args: readonly string[]) => rig.repository.git(...args);
    await rig.repository.commit({
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
    rig.base = await rig.repository.head();
    await rig.deliver(rig.promotion({ changes: [{ type: 'copy', from: 'dev', to: 'prod' }] }));
    const commit = await rig.tip();
    expect(await git('rev-parse', `${commit}:prod`)).toBe(await git('rev-parse', `${rig.base}:dev`));
    expect(await git('ls-tree', await rig.tip(), 'prod/')).toMatch(
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
    const progress = await rig.deliver(rig.promotion(git));
    expect([progress.phase, progress.message]).toEqual([phase, expect.stringMatching(message)]);
    expect(progress.message).not.toMatch(/wr0ng-pa55|pa55-of-the-hub|Ym90O/);
    expect(await rig.tip()).toBe(rig.base);
  });

  it('to a protected branch fails with what the server says', async () => {
    const refusal = 'error: GH006: Protected branch update failed for refs/heads/main.';
    await rig.hook('pre-receive', `echo "${refusal}" >&2`, 'exit 1');
    const progress = await rig.deliver(rig.promotion());
    expect([progress.phase, progress.message]).toEqual([
      'fail',
      expect.stringMatching(
        /^the server does not let the hub write main: .*GH006: Protected branch update failed/,
      ),
    ]);
  });

  it('of a release whose commit is gone fails', async () => {
    const wish = rig.promotion({}, promotionOf([item(rig.repository.url, { at: 'd'.repeat(40) })]));
    const progress = await rig.deliver(wish);
    expect([progress.phase, progress.message]).toEqual([
      'fail',
      expect.stringMatching(/^the server does not give the commit of the release, d{40}/),
    ]);
  });

  it('of several sources of which none comes from the repository fails', async () => {
    const items = ['a', 'b'].map((name) => item(`https://git.example.com/org/${name}`, { name }));
    const progress = await rig.deliver(rig.promotion({}, promotionOf(items)));
    expect([progress.phase, progress.message]).toEqual([
      'fail',
      `none of the sources of the release comes from ${rig.repository.url}: a (https://git.example.com/org/a), b (https://git.example.com/org/b)`,
    ]);
  });

  it('that fails while nobody asks says so to the next one who does', async () => {
    const soon = new AbortController();
    const wish = rig.promotion({ changes: [{ ...change, image: 'other' }] });
    const first = rig.delivery.deliver(wish, soon.signal);
    soon.abort();
    expect(await first).toMatchObject({ phase: 'wait', message: 'Git is being written' });
    rig.server.resetRequests();
    const name = rig.path;
    await waitFor('the end', async () => rig.server.requests(name, 'git-upload-pack') > 0);
    await setTimeout(3_000);
    rig.server.resetRequests();
    expect((await rig.deliver(wish)).phase).toBe('fail');
    expect(rig.server.requests(name)).toBe(0);
  });

  it('that takes long says so, and is gone on with', async () => {
    await rig.hook('pre-receive', 'sleep 2');
    const soon = new AbortController();
    const first = rig.delivery.deliver(rig.promotion(), soon.signal);
    await setTimeout(500);
    soon.abort();
    expect(await first).toMatchObject({ phase: 'wait', message: 'Git is being written' });
    expect(await rig.deliver(rig.promotion())).toMatchObject({
      phase: 'done',
      message: `committed ${await rig.tip()} to main`,
    });
    expect((await rig.log()).length).toBe(2);
  });
});
