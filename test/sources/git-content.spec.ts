// What of a repository is in the artifact: submodules and sparse checkouts.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGitServer } from '../servers/git-server.js';
import { waitFor } from '../servers/wait-for.js';
import { condition, startGitScenario, type GitScenario, type Remote } from './git-scenario.js';

let git: GitScenario;

beforeAll(async () => {
  git = await startGitScenario();
});
afterAll(() => git?.stop());

/** Commits a submodule without fetching it. */
async function addSubmodule(to: Remote, at: string, url: string, commit: string): Promise<string> {
  mkdirSync(path.join(to.folder, at), { recursive: true });
  await to.git('config', '--file', '.gitmodules', `submodule.${at}.path`, at);
  await to.git('config', '--file', '.gitmodules', `submodule.${at}.url`, url);
  await to.git('update-index', '--add', '--cacheinfo', `160000,${commit},${at}`);
  return to.commit({}, 'add a submodule');
}
const lastPart = (repo: Remote): string => repo.url.split('/').at(-1)!;

describe('submodules (flux-compat 2.3)', () => {
  it('are left out unless asked for, and then fetched with their own submodules', async () => {
    const [app, lib, deep] = [await git.repository(), await git.repository(), await git.repository()];
    const deepCommit = await deep.commit({ 'deep.yaml': '1' });
    await lib.commit({ 'lib.yaml': '1' });
    const libCommit = await addSubmodule(lib, 'deep', `../${lastPart(deep)}`, deepCommit);
    await lib.commit({ 'later.yaml': '1' });
    await app.commit({ 'app.yaml': '1' });
    await addSubmodule(app, 'mods/lib', lib.url, libCommit);
    const spec = { url: app.url, ref: { branch: 'main' } };
    const name = await git.create(spec);
    expect(await git.filesOf(await git.ready(name))).toEqual(['app.yaml']);

    await git.apply(name, { ...spec, recurseSubmodules: true });

    const changed = await waitFor('the submodules', async () => {
      const object = await git.ready(name);
      return object.status?.observedRecurseSubmodules === true && object;
    });
    expect(await git.filesOf(changed)).toEqual(['app.yaml', 'mods/lib/deep/deep.yaml', 'mods/lib/lib.yaml']);

    await git.apply(name, { ...spec, recurseSubmodules: false });
    const back = await waitFor('no submodules', async () => {
      const object = await git.ready(name);
      return object.status?.observedRecurseSubmodules === undefined && object;
    });
    expect(await git.filesOf(back)).toEqual(['app.yaml']);
  });

  it('are opened with the credentials of the repository on its own server, and on no other', async () => {
    const app = await git.repository(git.locked);
    const lib = await git.repository(git.locked);
    const asked: (string | undefined)[] = [];
    const other = await startGitServer({ admit: ({ headers }) => asked.push(headers.authorization) > 0 });
    const foreign = await git.repository(other);
    await app.commit({ 'app.yaml': '1' });
    await addSubmodule(app, 'lib', `../${lastPart(lib)}`, await lib.commit({ 'lib.yaml': '1' }));
    await addSubmodule(app, 'foreign', foreign.url, await foreign.commit({ 'foreign.yaml': '1' }));
    await git.applySecret('submodules', { username: 'robot', password: 's3cret-p@ss' });
    const secretRef = { name: 'submodules' };

    const name = await git.create({
      url: app.url,
      ref: { branch: 'main' },
      secretRef,
      recurseSubmodules: true,
    });

    expect(await git.filesOf(await git.ready(name))).toEqual([
      'app.yaml',
      'foreign/foreign.yaml',
      'lib/lib.yaml',
    ]);
    expect(asked.length).toBeGreaterThan(0);
    expect(new Set(asked)).toEqual(new Set([undefined]));
    await other.stop();
  });

  it.each<[string, (app: Remote) => string, string]>([
    [
      'an address of the machine',
      () => 'file:///etc',
      "submodule 'lib' cannot be fetched: protocol 'file' is not allowed",
    ],
    ['a repository that is not there', () => '../gone.git', "submodule 'lib': "],
  ])('that are %s fail, and the artifact stays', async (_, url, message) => {
    const app = await git.repository();
    const commit = await app.commit({ 'app.yaml': '1' });
    const name = await git.create({ url: app.url, ref: { branch: 'main' }, recurseSubmodules: true });
    const before = await git.ready(name);
    await addSubmodule(app, 'lib', url(app), commit);

    await git.request(name);

    const object = await git.failing(name, 'GitOperationFailed');
    expect(condition(object, 'Ready')?.message).toContain(
      `failed to checkout and determine revision: ${message}`,
    );
    expect(object.status?.artifact).toEqual(before.status?.artifact);
    await git.remove(name);
  });
});

describe('a sparse checkout (flux-compat 2.3)', () => {
  it('holds the named folders and nothing else; a change builds again', async () => {
    const repo = await git.repository();
    await repo.commit({ 'a/x': '1', 'a/b/y': '1', 'ab/z': '1', root: '1', 'c d/w': '1' });
    const spec = { url: repo.url, ref: { branch: 'main' } };
    const name = await git.create({ ...spec, sparseCheckout: ['./a', 'c d/'] });
    expect(await git.filesOf(await git.ready(name))).toEqual(['a/b/y', 'a/x', 'c d/w']);

    await git.apply(name, { ...spec, sparseCheckout: ['ab'] });

    const changed = await waitFor('the other folder', async () => {
      const object = await git.ready(name);
      return object.status?.observedSparseCheckout?.[0] === 'ab' && object;
    });
    expect(await git.filesOf(changed)).toEqual(['ab/z']);
  });

  it.each(['gone', '../..', 'a/../../..'])('of %s, which is not there, fails', async (folder) => {
    const repo = await git.repository();
    await repo.commit({ 'a/x': '1' });

    const name = await git.create({ url: repo.url, ref: { branch: 'main' }, sparseCheckout: ['a', folder] });

    const object = await git.failing(name, 'GitOperationFailed');
    expect(condition(object, 'FetchFailed')?.message).toBe(
      `failed to sparse checkout directories : sparse checkout dir '${folder}' does not exist in repository`,
    );
    expect(object.status?.artifact).toBeUndefined();
    await git.remove(name);
  });
});
