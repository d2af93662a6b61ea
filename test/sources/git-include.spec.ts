import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolOutput } from '../servers/tool.js';
import { waitFor } from '../servers/wait-for.js';
import { condition, startGitScenario, type GitScenario, type Remote, soon } from './git-scenario.js';

let git: GitScenario;

beforeAll(async () => {
  git = await startGitScenario();
});
afterAll(() => git?.stop());

const branch = { branch: 'main' };
async function ready(files: Record<string, string>): Promise<{ name: string; repo: Remote }> {
  const repo = await git.repository();
  await repo.commit(files);
  const name = await git.create({ url: repo.url, ref: branch });
  await git.ready(name);
  return { name, repo };
}
async function including(files: Record<string, string>): Promise<Remote> {
  const repo = await git.repository();
  await repo.commit(files);
  return repo;
}

describe('spec.include (flux-compat 2.3)', () => {
  it('copies the artifacts of other objects, and tells which', async () => {
    const [lib, base] = [
      await ready({ 'x/lib.yaml': '1', 'y/no.yaml': '1' }),
      await ready({ 'base.yaml': '1' }),
    ];
    const repo = await including({ 'app.yaml': '1', 'base/app.yaml': '1' });
    const include = [
      { repository: { name: lib.name }, fromPath: 'x', toPath: 'vendor/lib' },
      { repository: { name: base.name } },
      { repository: { name: base.name }, fromPath: './base.yaml', toPath: 'single.yaml' },
    ];

    const name = await git.create({ url: repo.url, ref: branch, include });

    const object = await git.ready(name);
    expect(await git.filesOf(object)).toEqual(
      [
        'app.yaml',
        'base/app.yaml',
        `${base.name}/base.yaml`,
        'single.yaml',
        'vendor/lib/lib.yaml',
      ].toSorted(),
    );
    expect(object.status?.observedInclude).toEqual(include);
    const artifacts = await Promise.all(
      [lib, base, base].map(async (each) => (await git.get(each.name)).status?.artifact),
    );
    expect(object.status?.includedArtifacts).toEqual(artifacts);
    const programs = git.agent.programs.length;
    await git.reconciled(name);
    expect(git.agent.programs.slice(programs).map(({ args }) => args[0])).toEqual(['ls-remote']);
  });

  it('builds again as soon as an included object has a new artifact', async () => {
    const lib = await ready({ lib: '1' });
    const repo = await including({ app: '1' });
    const include = [{ repository: { name: lib.name }, toPath: 'lib' }];
    const name = await git.create({ url: repo.url, ref: branch, include });
    const before = await git.ready(name);
    await lib.repo.commit({ more: '1' });

    await git.request(lib.name);

    const after = await waitFor('the new include', async () => {
      const object = await git.ready(name);
      return object.status?.artifact?.digest !== before.status?.artifact?.digest && object;
    });
    expect(after.status?.artifact?.revision).toBe(before.status?.artifact?.revision);
    expect(await git.filesOf(after)).toEqual(['app', 'lib/lib', 'lib/more']);
    await expect
      .poll(() => git.eventsOf(name).filter(({ reason }) => reason === 'NewArtifact'), soon)
      .toHaveLength(2);
  });

  it('waits for an object that is not there, and for one that has no artifact yet', async () => {
    const repo = await including({ app: '1' });
    const include = [{ repository: { name: 'late' } }];
    const name = await git.create({ url: repo.url, ref: branch, include });
    const missing = await git.failing(name, 'NotFound');
    const notFound = 'gitrepositories.source.toolkit.fluxcd.io "late" not found';
    expect(condition(missing, 'IncludeUnavailable')).toMatchObject({
      status: 'True',
      reason: 'NotFound',
      message: `could not get resource for include 'late': ${notFound}`,
    });
    expect(condition(missing, 'Stalled')).toBeUndefined();
    const empty = await git.repository();

    await git.apply('late', { url: empty.url, ref: branch });
    await git.request(name);

    const waiting = await git.failing(name, 'NoArtifact');
    expect(condition(waiting, 'IncludeUnavailable')?.message).toBe(
      "no artifact available for include 'late'",
    );
    expect(condition(waiting, 'Reconciling')).toMatchObject({ reason: 'ProgressingWithRetry' });
    await empty.commit({ late: '1' });
    // No request: the first artifact of the included object is the signal.
    const object = await git.ready(name);
    expect(await git.filesOf(object)).toEqual(['app', 'late/late']);
    expect(condition(object, 'IncludeUnavailable')).toBeUndefined();
  });

  it('stays in the tree, whatever its paths and the symlinks of the tree say', async () => {
    const lib = await ready({ 'a/file': '1', 'b/file': '1' });
    const repo = await git.repository();
    await repo.git(
      'update-index',
      '--add',
      '--cacheinfo',
      `120000,${await blob(repo, '../../../../../out')},link`,
    );
    await repo.git('commit', '--quiet', '-m', 'link');
    await repo.git('push', '--quiet', 'origin', 'HEAD');
    const include = [
      { repository: { name: lib.name }, fromPath: '../../a', toPath: '../../up' },
      { repository: { name: lib.name }, fromPath: 'b', toPath: 'link/down' },
    ];

    const name = await git.create({ url: repo.url, ref: branch, include });

    expect(await git.filesOf(await git.ready(name))).toEqual(['out/down/file', 'up/file']);
  });

  it('does not write through a symlink inside of the target', async () => {
    const lib = await ready({ 'sub/file': '1' });
    const repo = await git.repository();
    await repo.git('update-index', '--add', '--cacheinfo', `120000,${await blob(repo, '/tmp')},to/sub`);
    await repo.git('commit', '--quiet', '-m', 'link');
    await repo.git('push', '--quiet', 'origin', 'HEAD');

    const name = await git.create({
      url: repo.url,
      ref: branch,
      include: [{ repository: { name: lib.name }, toPath: 'to' }],
    });

    const object = await git.failing(name, 'CopyFailure');
    expect(condition(object, 'StorageOperationFailed')?.message).toContain(
      `failed to copy '${lib.name}' include from`,
    );
    await git.remove(name);
  });

  it('of a path that is not there fails and says so', async () => {
    const lib = await ready({ lib: '1' });
    const repo = await including({ app: '1' });

    const name = await git.create({
      url: repo.url,
      ref: branch,
      include: [{ repository: { name: lib.name }, fromPath: 'gone', toPath: 'lib' }],
    });

    const object = await git.failing(name, 'CopyFailure');
    expect(condition(object, 'StorageOperationFailed')?.message).toMatch(
      new RegExp(`^failed to copy '${lib.name}' include from gone to lib: .*ENOENT`),
    );
    await git.remove(name);
  });

  it('that leads back to the object itself is refused: it would build without end', async () => {
    const [a, b] = [await including({ a: '1' }), await including({ b: '1' })];
    await git.apply('cycle-a', { url: a.url, ref: branch });
    await git.ready('cycle-a');
    await git.apply('cycle-b', { url: b.url, ref: branch, include: [{ repository: { name: 'cycle-a' } }] });
    await git.ready('cycle-b');

    await git.apply('cycle-a', { url: a.url, ref: branch, include: [{ repository: { name: 'cycle-b' } }] });

    const object = await git.failing('cycle-a', 'IncludeCycle');
    expect(condition(object, 'IncludeUnavailable')?.message).toBe(
      'spec.include leads back to this object: cycle-a -> cycle-b -> cycle-a',
    );
  });
});

async function blob(repo: Remote, text: string): Promise<string> {
  return (
    await toolOutput('git', ['hash-object', '-w', '--stdin'], { cwd: repo.folder, input: text })
  ).trim();
}
