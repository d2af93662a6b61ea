import { execFileSync } from 'node:child_process';
import { chmodSync, symlinkSync } from 'node:fs';
import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defaultMaxFetchBytes as maxFetchBytes } from '@flotilla/agent/exec/watch-growth';
import { runProgram, type ProgramOptions, type RunProgram } from '@flotilla/agent/exec/run-program';
import { gitRemote, type SecretData } from '@flotilla/agent/sources/git/credentials';
import { createGitCommand, type GitCommand } from '@flotilla/agent/sources/git/git-command';
import { GitClient, type FetchTarget } from '@flotilla/agent/sources/git/git-client';
import { listRemoteRefs } from '@flotilla/agent/sources/git/remote-refs';
import { RepositoryCache } from '@flotilla/agent/sources/git/repository-cache';
import { createTrustBundle } from '@flotilla/agent/sources/git/trust-bundle';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startGitServer, type GitServer } from '../servers/git-server.js';

const limits = { timeoutMs: 30_000 };
let server: GitServer;
let locked: GitServer;
let folder: string;
let started: ProgramOptions[];
let git: GitCommand;
let client: GitClient;
let sequence = 0;

beforeAll(async () => {
  server = await startGitServer();
  locked = await startGitServer({ auth: { username: 'robot', password: 's3cret-p@ss' } });
});
afterAll(async () => {
  await server.stop();
  await locked.stop();
});
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'git-client-'));
  started = [];
  const recording: RunProgram = (file, options) => {
    started.push(options);
    return runProgram(file, options);
  };
  git = createGitCommand({
    run: recording,
    trust: createTrustBundle(path.join(folder, 'trust')),
    privatePath: path.join(folder, 'private'),
  });
  const now = () => Date.now();
  client = new GitClient(
    git,
    new RepositoryCache({ git, root: path.join(folder, 'cache'), now, maxFetchBytes }),
    maxFetchBytes,
  );
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const repository = (branch = 'main') => server.createRepository(`repo-${(sequence += 1)}`, branch);

async function checkout(url: string, target: FetchTarget, secret?: SecretData): Promise<string> {
  const out = path.join(folder, `out-${(sequence += 1)}`);
  await client.checkout(gitRemote(url, secret), target, out, limits);
  return out;
}

async function refs(url: string, secret?: SecretData): Promise<Record<string, string>> {
  const listing = await listRemoteRefs(git, gitRemote(url, secret), { kind: 'branches-and-tags' }, limits);
  return Object.fromEntries(listing.commits);
}

const branch = (expected: string, name = 'main'): FetchTarget => ({
  kind: 'ref',
  refName: `refs/heads/${name}`,
  expected,
});
const cacheFolder = async () =>
  path.join(folder, 'cache', (await readdir(path.join(folder, 'cache')))[0] ?? '');
const objectCount = async () => {
  const lines = execFileSync('git', ['-C', await cacheFolder(), 'count-objects', '-v'], { encoding: 'utf8' });
  const of = (key: string) => Number(new RegExp(`^${key}: (\\d+)`, 'm').exec(lines)?.[1]);
  return of('count') + of('in-pack');
};

describe('listing a remote', () => {
  it('gives branches and tags with the commits of annotated tags', async () => {
    const repo = await repository();
    const commit = await repo.commit({ a: '1' });
    await repo.tag('v1');
    await repo.tag('v2', 'annotated');

    expect(await refs(repo.url)).toEqual({
      'refs/heads/main': commit,
      'refs/tags/v1': commit,
      'refs/tags/v2': commit,
    });
  });

  it('gives nothing for an empty repository', async () => {
    expect(await refs((await repository()).url)).toEqual({});
  });

  it('finds one ref of any other kind', async () => {
    const repo = await repository();
    const commit = await repo.commit({ a: '1' });
    await repo.git('push', '--quiet', 'origin', 'HEAD:refs/pull/7/head');

    const scope = { kind: 'ref' as const, name: 'refs/pull/7/head' };
    const listing = await listRemoteRefs(git, gitRemote(repo.url, undefined), scope, limits);
    expect(Object.fromEntries(listing.commits)).toEqual({ 'refs/pull/7/head': commit });
  });

  it.each<[string, SecretData | undefined, boolean]>([
    ['the right password', { username: 'robot', password: 's3cret-p@ss' }, true],
    ['a wrong password', { username: 'robot', password: 'wr0ng-p@ss' }, false],
    ['no credentials', undefined, false],
  ])('with %s', async (_, secret, works) => {
    const repo = await locked.createRepository(`locked-${(sequence += 1)}`);
    const commit = await repo.commit({ a: '1' });

    if (works) expect(await refs(repo.url, secret)).toEqual({ 'refs/heads/main': commit });
    else {
      await expect(refs(repo.url, secret)).rejects.toMatchObject({
        failure: 'authentication',
        message: 'authentication required: the server refuses these credentials',
      });
    }
    const commandLines = JSON.stringify(started.map(({ args }) => args));
    for (const text of ['s3cret', 'wr0ng', 'robot', Buffer.from('robot:').toString('base64').slice(0, 7)]) {
      expect(commandLines).not.toContain(text);
    }
  });

  it('takes a bearer token', async () => {
    const tokens = await startGitServer({ auth: { bearer: 'tok-123' } });
    try {
      const repo = await tokens.createRepository('app');
      const commit = await repo.commit({ a: '1' });
      expect(await refs(repo.url, { bearerToken: 'tok-123' })).toEqual({ 'refs/heads/main': commit });
      await expect(refs(repo.url, { bearerToken: 'other' })).rejects.toThrow('authentication required');
    } finally {
      await tokens.stop();
    }
  });

  it('takes the user information of the URL', async () => {
    const repo = await locked.createRepository(`locked-${(sequence += 1)}`);
    const commit = await repo.commit({ a: '1' });

    const url = repo.url.replace('http://', 'http://robot:s3cret-p%40ss@');
    expect(await refs(url)).toEqual({ 'refs/heads/main': commit });
    expect(JSON.stringify(started.map(({ args }) => args))).not.toContain('s3cret');
  });

  it('names a server that does not answer and a repository that is not there', async () => {
    await expect(refs('http://127.0.0.1:1/x.git')).rejects.toMatchObject({ failure: 'unreachable' });
    await expect(refs(`${server.url}/none.git`)).rejects.toMatchObject({
      failure: 'not-found',
      message: 'repository not found',
    });
  });
});

describe('checking out', () => {
  it('gives the files of the branch and its commit', async () => {
    const repo = await repository();
    await repo.commit({ 'old.yaml': 'x' }, 'first');
    const commit = await repo.commit({ 'dir/a.yaml': 'kind: A', 'old.yaml': null }, 'second\n\nwith a story');
    const out = path.join(folder, 'out');

    const found = await client.checkout(gitRemote(repo.url, undefined), branch(commit), out, limits);

    expect(found.commit).toMatchObject({ hash: commit, message: 'second\n\nwith a story\n' });
    expect(await readdir(out)).toEqual(['dir']);
    expect(await readFile(path.join(out, 'dir/a.yaml'), 'utf8')).toBe('kind: A');
  });

  it('fetches a commit once, whoever asks for it', async () => {
    const repo = await repository();
    const commit = await repo.commit({ a: '1' });
    server.resetRequests();

    await Promise.all(Array.from({ length: 5 }, () => checkout(repo.url, branch(commit))));

    // Discovery, the listing of refs and the pack: one fetch.
    expect(server.requests(undefined, 'git-upload-pack')).toBe(3);
  });

  it('transfers only what changed', async () => {
    const repo = await repository();
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`dir/${i}.yaml`, `number: ${i}`]));
    await checkout(repo.url, branch(await repo.commit(many)));
    const before = await objectCount();

    const out = await checkout(repo.url, branch(await repo.commit({ 'dir/7.yaml': 'number: seven' })));

    expect(await readFile(path.join(out, 'dir/7.yaml'), 'utf8')).toBe('number: seven');
    expect(await readdir(path.join(out, 'dir'))).toHaveLength(200);
    // One commit, two trees, one file.
    expect((await objectCount()) - before).toBe(4);
  });

  it('follows a branch whose history was rewritten', async () => {
    const repo = await repository();
    const first = await repo.commit({ a: '1' });
    await checkout(repo.url, branch(await repo.commit({ a: '2' })));

    const out = await checkout(repo.url, branch(await repo.forcePush(first, { b: '3' })));

    expect(await readdir(out)).toEqual(['a', 'b']);
    expect(await readFile(path.join(out, 'a'), 'utf8')).toBe('1');
  });

  it('gives what the branch is now when it moved after the listing', async () => {
    const repo = await repository();
    const listed = await repo.commit({ a: '1' });
    const moved = await repo.commit({ a: '2' });

    const found = await client.checkout(
      gitRemote(repo.url, undefined),
      branch(listed),
      path.join(folder, 'o'),
      limits,
    );

    expect(found.commit.hash).toBe(moved);
  });

  it('does not confuse a branch with a later branch below its name', async () => {
    const repo = await repository();
    await repo.commit({ a: '1' });
    await repo.branch('x');
    await checkout(repo.url, branch(await repo.commit({ a: '2' }), 'x'));
    await repo.git('push', '--quiet', 'origin', '--delete', 'x');
    await repo.git('switch', '--quiet', 'main');
    await repo.git('branch', '--quiet', '-D', 'x');
    await repo.branch('x/y');

    const out = await checkout(repo.url, branch(await repo.commit({ a: '3' }), 'x/y'));

    expect(await readFile(path.join(out, 'a'), 'utf8')).toBe('3');
  });

  it('replaces a damaged cache', async () => {
    const repo = await repository();
    await checkout(repo.url, branch(await repo.commit({ a: '1' })));
    await rm(path.join(await cacheFolder(), 'objects'), { recursive: true });
    await writeFile(path.join(await cacheFolder(), 'shallow.lock'), '');

    const out = await checkout(repo.url, branch(await repo.commit({ a: '2' })));

    expect(await readFile(path.join(out, 'a'), 'utf8')).toBe('2');
  });

  it('says that a branch is missing without throwing the cache away', async () => {
    const repo = await repository();
    const commit = await repo.commit({ a: '1' });
    await checkout(repo.url, branch(commit));

    await expect(checkout(repo.url, branch(commit, 'gone'))).rejects.toMatchObject({
      failure: 'missing-ref',
      message: `unable to clone '${repo.url}': couldn't find remote ref refs/heads/gone`,
    });
    expect(await objectCount()).toBeGreaterThan(0);
  });
});

describe('checking a commit out', () => {
  it('takes any commit that the server has', async () => {
    const repo = await repository();
    const commit = await repo.commit({ a: '1' });
    await repo.commit({ a: '2' });

    const out = await checkout(repo.url, { kind: 'commit', commit });

    expect(await readFile(path.join(out, 'a'), 'utf8')).toBe('1');
  });

  it('with a branch takes only a commit of that branch', async () => {
    const repo = await repository();
    const old = await repo.commit({ a: '1' });
    await repo.commit({ a: '2' });
    await repo.branch('other');
    const foreign = await repo.commit({ a: '3' });

    const out = await checkout(repo.url, { kind: 'commit', commit: old, branch: 'main' });
    expect(await readFile(path.join(out, 'a'), 'utf8')).toBe('1');
    await expect(checkout(repo.url, { kind: 'commit', commit: foreign, branch: 'main' })).rejects.toThrow(
      `unable to resolve commit object for '${foreign}': object not found`,
    );
  });

  it.each(['0'.repeat(40), 'abc123', '--help'])('says that %s is not there', async (commit) => {
    const repo = await repository();
    await repo.commit({ a: '1' });

    await expect(checkout(repo.url, { kind: 'commit', commit })).rejects.toThrow(
      `unable to resolve commit object for '${commit}': object not found`,
    );
  });
});

describe('content that tries to have its way', () => {
  it('comes out byte by byte: no filter, no line ends, no export-ignore, no keyword', async () => {
    const repo = await repository();
    const attributes = [
      '*.yaml text eol=crlf',
      'secret.yaml export-ignore',
      'id.yaml ident export-subst',
      'lfs.bin filter=lfs',
      'utf16.txt working-tree-encoding=UTF-16',
    ];
    const commit = await repo.commit({
      '.gitattributes': `${attributes.join('\n')}\n`,
      'a.yaml': 'one\ntwo\n',
      'secret.yaml': 'kept\n',
      'id.yaml': '$Id$ $Format:%H$\n',
      'lfs.bin': 'version https://git-lfs.github.com/spec/v1\n',
    });

    const out = await checkout(repo.url, branch(commit));

    const read = (name: string) => readFile(path.join(out, name), 'utf8');
    expect(await read('a.yaml')).toBe('one\ntwo\n');
    expect(await read('secret.yaml')).toBe('kept\n');
    expect(await read('id.yaml')).toBe('$Id$ $Format:%H$\n');
    expect(await read('lfs.bin')).toContain('git-lfs');
  });

  it('keeps symlinks as symlinks and executables executable', async () => {
    const repo = await repository();
    await writeFile(path.join(repo.folder, 'run.sh'), '#!/bin/sh');
    chmodSync(path.join(repo.folder, 'run.sh'), 0o755);
    symlinkSync('/etc/passwd', path.join(repo.folder, 'link'));
    const commit = await repo.commit({});

    const out = await checkout(repo.url, branch(commit));

    expect((await lstat(path.join(out, 'link'))).isSymbolicLink()).toBe(true);
    expect((await lstat(path.join(out, 'run.sh'))).mode & 0o100).toBe(0o100);
  });

  it('cannot make git talk anything but the protocol of the URL', async () => {
    await expect(
      git(['ls-remote', 'ext::touch /tmp/owned'], {
        ...limits,
        remote: gitRemote(`${server.url}/x.git`, undefined),
      }),
    ).rejects.toThrow(/transport 'ext' not allowed/);
    await expect(git(['ls-remote', '/tmp'], limits)).rejects.toThrow(/transport 'file' not allowed/);
  });
});
