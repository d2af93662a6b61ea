import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GitMirror } from '@flotilla/hub/platform/git/git-mirror';
import { startGitServer } from '../servers/git-server.js';
import type { GitServer } from '../servers/git-server.js';
import { startLoopback } from '../servers/loopback.js';
import { temporaryFolder } from '../servers/temporary-folder.js';

let server: GitServer;
let locked: GitServer;
const folder = temporaryFolder('git-mirror');
let folders = 0;

function mirror(url: string, holds: GitMirror['holds'], credentials = {}): GitMirror {
  folders += 1;
  return new GitMirror(`${folder.path}/${folders}`, { url, ...credentials }, holds);
}

beforeAll(async () => {
  server = await startGitServer();
  locked = await startGitServer({ auth: { username: 'ci', password: 's3cret-word' } });
});
afterAll(async () => {
  await server?.stop();
  await locked?.stop();
  folder.remove();
});

describe('the files of a branch', () => {
  it('are those of the folder that was asked for, at the tip', async () => {
    const repository = await server.createRepository('files');
    await repository.commit({
      'fleet/a.yaml': 'a: 1\n',
      'fleet/deep/ü b.yaml': 'größe: 2\n',
      'other.yaml': 'x',
    });
    const git = mirror(repository.url, 'files');
    const first = await git.read('main', 'fleet', (path) => path.endsWith('.yaml'));
    expect(first.files).toEqual([
      { path: 'fleet/a.yaml', text: 'a: 1\n' },
      { path: 'fleet/deep/ü b.yaml', text: 'größe: 2\n' },
    ]);
    const commit = await repository.commit({ 'fleet/a.yaml': '', 'fleet/deep/ü b.yaml': null });
    const second = await git.read('main', 'fleet', () => true);
    expect(second).toEqual({ commit, files: [{ path: 'fleet/a.yaml', text: '' }] });
  });

  it('are none where the folder is not there', async () => {
    const repository = await server.createRepository('empty-folder');
    await repository.commit({ 'a.yaml': '' });
    expect((await mirror(repository.url, 'files').read('main', 'fleet', () => true)).files).toEqual([]);
  });

  it('are read with credentials, which no message tells', async () => {
    const repository = await locked.createRepository('private');
    await repository.commit({ 'a.yaml': 'a' });
    const credentials = { username: 'ci', password: 's3cret-word' };
    const { files } = await mirror(repository.url, 'files', credentials).read('main', '', () => true);
    expect(files).toEqual([{ path: 'a.yaml', text: 'a' }]);
    const wrong = mirror(repository.url, 'files', { username: 'ci', password: 'wr0ng-word' });
    const error = await wrong.read('main', '', () => true).catch((thrown: unknown) => String(thrown));
    expect(error).toMatch(/the server refuses the credentials/);
    expect(error).not.toContain('wr0ng-word');
  });

  it('are not read from another server that the first one leads to, which would see the credentials', async () => {
    const repository = await server.createRepository('moved');
    await repository.commit({ 'a.yaml': 'a' });
    const signpost = await startLoopback(({ path, query }) => ({
      status: 301,
      headers: { location: `${server.url}${path}?${query.toString()}` },
    }));
    const url = `${signpost.url}/moved.git`;
    try {
      server.resetRequests();
      const credentials = { username: 'ci', password: 's3cret-word' };
      await expect(mirror(url, 'files', credentials).read('main', '', () => true)).rejects.toThrow(
        `${url}: the server redirects, and is not followed with credentials: name the address`,
      );
      expect(server.requests()).toBe(0);
      const { files } = await mirror(url, 'files').read('main', '', () => true);
      expect(files).toEqual([{ path: 'a.yaml', text: 'a' }]);
    } finally {
      await signpost.stop();
    }
  });

  it.each([
    [
      'a branch that is not there',
      (url: string) => mirror(url, 'files').tip('nope'),
      /there is no branch nope/,
    ],
    [
      'a server that is not there',
      () => mirror('http://127.0.0.1:9/x.git', 'files').tip('main'),
      /http:\/\/127\.0\.0\.1:9\/x\.git: /,
    ],
  ])('%s is an error that says so', async (_, ask, message) => {
    const repository = await server.createRepository(`errors-${folders}`);
    await repository.commit({ a: '' });
    await expect(ask(repository.url)).rejects.toThrow(message);
  });
});

describe('the authors of a commit', () => {
  it('are those of all commits since the older one, with co-authors, each once', async () => {
    const repository = await server.createRepository('authors');
    const as = async (author: string, message = 'change') => {
      await repository.git('commit', '--quiet', '--allow-empty', `--author=${author}`, '--message', message);
      await repository.git('push', '--quiet', 'origin', 'HEAD');
      return repository.head();
    };
    const base = await repository.commit({ a: '' });
    await as('Ann <ann@example.test>');
    await as('Bob <bob@example.test>', 'together\n\nCo-authored-by: Cy <cy@example.test>');
    const tip = await as('Ann <ann@example.test>');
    const git = mirror(repository.url, 'commits');
    expect(await git.tip('main')).toBe(tip);
    expect(await git.authors('main', tip, base)).toEqual([
      'Ann <ann@example.test>',
      'Bob <bob@example.test>',
      'Cy <cy@example.test>',
    ]);
    expect(await git.authors('main', tip, null)).toEqual(['Ann <ann@example.test>']);
    expect(await git.authors('main', tip, tip)).toEqual(['Ann <ann@example.test>']);
    const next = await as('Dee <dee@example.test>');
    expect(await git.authors('main', next, tip)).toEqual(['Dee <dee@example.test>']);
    expect(await git.authors('main', next, '0123456789012345678901234567890123456789')).toEqual([
      'Dee <dee@example.test>',
    ]);
  });

  it('go back further than what is fetched at first', async () => {
    const repository = await server.createRepository('long');
    const base = await repository.commit({ a: '' });
    await repository.git(
      'commit',
      '--quiet',
      '--allow-empty',
      '--author=Old <old@example.test>',
      '--message',
      'old',
    );
    for (let count = 0; count < 130; count += 1)
      await repository.git('commit', '--quiet', '--allow-empty', '--message', `c${count}`);
    await repository.git('push', '--quiet', 'origin', 'HEAD');
    const git = mirror(repository.url, 'commits');
    expect(await git.authors('main', await repository.head(), base)).toContain('Old <old@example.test>');
  });
});

describe('what a branch has got', () => {
  const trailer = 'Flotilla-Promotion';

  it('is told with parents and trailers, merges too, the oldest first', async () => {
    const repository = await server.createRepository('got');
    const base = await repository.commit({ a: '1' });
    const commit = async (message: string): Promise<string> => {
      await repository.git('commit', '--quiet', '--allow-empty', '--message', message);
      return repository.git('rev-parse', 'HEAD');
    };
    await repository.git('checkout', '--quiet', '-b', 'side');
    const side = await commit(`x\n\n${trailer}: p1\nOther: y\n${trailer}: p2`);
    await repository.git('checkout', '--quiet', '-');
    const main = await commit('mine');
    await repository.git('merge', '--quiet', '--no-ff', '--message', 'merge', 'side');
    const merge = await repository.git('rev-parse', 'HEAD');
    await repository.git('push', '--quiet', 'origin', 'HEAD');
    const git = mirror(repository.url, 'commits');
    const found = await git.commitsSince('main', merge, base, trailer);
    expect(found.at(-1)).toEqual({ id: merge, parents: [main, side], promotions: [] });
    expect(found).toHaveLength(3);
    expect(found).toContainEqual({ id: side, parents: [base], promotions: ['p1', 'p2'] });
    expect(found).toContainEqual({ id: main, parents: [base], promotions: [] });
  });

  it('is nothing since a commit that it does not have any more, and as far back as it takes', async () => {
    const repository = await server.createRepository('rewritten');
    const first = await repository.commit({ a: '1' });
    const lost = await repository.commit({ a: '2' });
    await repository.git('reset', '--quiet', '--hard', first);
    for (let count = 0; count < 120; count += 1)
      await repository.git('commit', '--quiet', '--allow-empty', '--message', 'x');
    const tip = await repository.git('rev-parse', 'HEAD');
    await repository.git('push', '--quiet', '--force', 'origin', 'HEAD');
    const git = mirror(repository.url, 'commits');
    expect(await git.commitsSince('main', tip, lost, trailer)).toEqual([]);
    expect(await git.commitsSince('main', tip, first, trailer)).toHaveLength(120);
  });
});
