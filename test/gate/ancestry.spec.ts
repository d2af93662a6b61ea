import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defaultMaxFetchBytes as maxFetchBytes } from '@flotilla/agent/exec/watch-growth';
import { runProgram, type RunProgram } from '@flotilla/agent/exec/run-program';
import { Ancestry } from '@flotilla/agent/sources/git/ancestry';
import { gitRemote } from '@flotilla/agent/sources/git/credentials';
import { createGitCommand } from '@flotilla/agent/sources/git/git-command';
import { GitClient } from '@flotilla/agent/sources/git/git-client';
import { RepositoryCache } from '@flotilla/agent/sources/git/repository-cache';
import { createTrustBundle } from '@flotilla/agent/sources/git/trust-bundle';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startGitServer, type GitServer } from '../servers/git-server.js';
import { toolOutput } from '../servers/tool.js';
import type { Repository } from './gated-cluster.js';

const limits = { timeoutMs: 30_000 };
const refName = 'refs/heads/main';
let server: GitServer;
let folder: string;
let fetches: number;
let sequence = 0;

beforeAll(async () => {
  server = await startGitServer();
});
afterAll(() => server?.stop());
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ancestry-'));
  fetches = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The agent's git, with protocol version 0 as old servers speak it. */
function gitTools(version: 0 | 2 = 2): { ancestry: Ancestry; client: GitClient } {
  const run: RunProgram = (file, options) => {
    if (options.args.includes('fetch')) fetches += 1;
    const count = Number(options.env?.['GIT_CONFIG_COUNT']);
    const env = {
      ...options.env,
      [`GIT_CONFIG_KEY_${count}`]: 'protocol.version',
      [`GIT_CONFIG_VALUE_${count}`]: String(version),
      GIT_CONFIG_COUNT: String(count + 1),
    };
    return runProgram(file, { ...options, env });
  };
  const trust = createTrustBundle(path.join(folder, 'trust'));
  const git = createGitCommand({ run, trust, privatePath: path.join(folder, 'private') });
  const cache = new RepositoryCache({
    git,
    root: path.join(folder, 'cache'),
    now: () => Date.now(),
    maxFetchBytes,
  });
  return { ancestry: new Ancestry(git, cache), client: new GitClient(git, cache, maxFetchBytes) };
}

async function history(commits: number): Promise<Repository & { readonly all: readonly string[] }> {
  const repo = await server.createRepository(`history-${(sequence += 1)}`);
  await repo.commit({ 'a.txt': 'one', 'dir/b.txt': 'x'.repeat(10_000) });
  for (let i = 1; i < commits; i += 1)
    await repo.git('commit', '--quiet', '--allow-empty', '--message', `commit ${i}`);
  await repo.git('push', '--quiet', 'origin', 'HEAD');
  const all = (await repo.git('rev-list', '--reverse', 'HEAD')).split('\n');
  return { ...repo, all };
}

async function configure(repo: Repository, key: string, value: string): Promise<void> {
  const bare = await repo.git('config', '--get', 'remote.origin.url');
  await repo.git('-C', bare, 'config', key, value);
}

describe('whether a branch leads to a commit', () => {
  it('is asked of the remote once, with commits alone, and never again for the same tip', async () => {
    const repo = await history(5);
    const { ancestry } = gitTools();
    const remote = gitRemote(repo.url, undefined);
    const tip = repo.all.at(-1)!;
    const question = { refName, tip, commit: repo.all[0]! };
    expect(await ancestry.leadsTo(remote, question, limits)).toBe(true);
    expect(fetches).toBe(1);
    server.resetRequests();
    expect(await ancestry.leadsTo(remote, question, limits)).toBe(true);
    expect(await ancestry.leadsTo(remote, { ...question, commit: repo.all[2]! }, limits)).toBe(true);
    expect(server.requests()).toBe(0);
    const [cache] = await readdir(path.join(folder, 'cache'));
    const listing = ['cat-file', '--batch-all-objects', '--batch-check=%(objecttype)'];
    const objects = await toolOutput('git', ['-C', path.join(folder, 'cache', cache!), ...listing], {});
    expect(new Set(objects.trim().split('\n'))).toEqual(new Set(['commit']));
    // A restart asks what is on the disk.
    expect(await gitTools().ancestry.leadsTo(remote, question, limits)).toBe(true);
    expect(server.requests()).toBe(0);
  });

  it.each([
    ['150 commits back', 150, 'true', 2],
    ['150 commits back, on a server that cannot leave files out', 150, 'false', 2],
    ['3 commits back, on a server that cannot leave files out', 4, 'false', 1],
  ] as const)('%s', async (_, commits, allowFilter, expected) => {
    const repo = await history(commits);
    await configure(repo, 'uploadpack.allowFilter', allowFilter);
    const question = { refName, tip: repo.all.at(-1)!, commit: repo.all[0]! };
    expect(await gitTools().ancestry.leadsTo(gitRemote(repo.url, undefined), question, limits)).toBe(true);
    expect(fetches).toBe(expected);
  });

  it.each(['true', 'false'])('no: a commit of another branch (allowFilter %s)', async (allowFilter) => {
    const repo = await history(3);
    await configure(repo, 'uploadpack.allowFilter', allowFilter);
    await repo.branch('side');
    const side = await repo.commit({ 'a.txt': 'side' });
    const { ancestry } = gitTools();
    const remote = gitRemote(repo.url, undefined);
    const question = { refName, tip: repo.all.at(-1)!, commit: side };
    expect(await ancestry.leadsTo(remote, question, limits)).toBe(false);
    server.resetRequests();
    expect(await ancestry.leadsTo(remote, question, limits)).toBe(false);
    expect(server.requests()).toBe(0);
    expect(await ancestry.leadsTo(remote, { ...question, commit: '1'.repeat(40) }, limits)).toBe(false);
  });

  it('no longer, when the branch was rewritten; again, when it has grown on', async () => {
    const repo = await history(3);
    const { ancestry } = gitTools();
    const remote = gitRemote(repo.url, undefined);
    const [first, second, third] = repo.all as [string, string, string];
    expect(await ancestry.leadsTo(remote, { refName, tip: third, commit: second }, limits)).toBe(true);
    const rewritten = await repo.forcePush(first, { 'a.txt': 'other' });
    expect(await ancestry.leadsTo(remote, { refName, tip: rewritten, commit: second }, limits)).toBe(false);
    expect(await ancestry.leadsTo(remote, { refName, tip: rewritten, commit: first }, limits)).toBe(true);
    const grown = await repo.commit({ 'a.txt': 'more' });
    expect(await ancestry.leadsTo(remote, { refName, tip: grown, commit: rewritten }, limits)).toBe(true);
  });
});

describe('a pinned commit', () => {
  it('is fetched from the history of its ref when the server does not give commits by their hash', async () => {
    const repo = await history(3);
    await configure(repo, 'uploadpack.allowAnySHA1InWant', 'false');
    const [first] = repo.all as [string];
    const { client } = gitTools(0);
    const remote = gitRemote(repo.url, undefined);
    const out = path.join(folder, 'out');
    const target = { kind: 'commit' as const, commit: first, refName, keptFor: 'a/b' };
    const { commit } = await client.checkout(remote, target, out, limits);
    expect(commit).toMatchObject({ hash: first, author: 'Test <test@example.test>' });
    expect(await readdir(out)).toEqual(['a.txt', 'dir']);
  });

  it('takes the place of the one before it in the cache, and is not fetched twice', async () => {
    const repo = await history(4);
    const { client } = gitTools();
    const remote = gitRemote(repo.url, undefined);
    const pin = async (commit: string): Promise<void> => {
      const target = { kind: 'commit' as const, commit, refName, keptFor: 'a/b' };
      await client.checkout(remote, target, path.join(folder, `out-${(sequence += 1)}`), limits);
    };
    for (const commit of repo.all.slice(0, 3)) await pin(commit);
    const [cache] = await readdir(path.join(folder, 'cache'));
    const refs = await toolOutput('git', ['-C', path.join(folder, 'cache', cache!), 'for-each-ref'], {});
    expect(refs.trim().split('\n')).toHaveLength(1);
    expect(fetches).toBe(3);
    await pin(repo.all[2]!);
    expect(fetches).toBe(3);
  });

  it('is not another one because the ref moved between the listing and the fetch', async () => {
    const repo = await history(2);
    const { client } = gitTools();
    const old = repo.all.at(-1)!;
    await repo.commit({ 'a.txt': 'moved' });
    const target = { kind: 'ref' as const, refName, expected: old, isExact: true };
    await expect(
      client.checkout(gitRemote(repo.url, undefined), target, path.join(folder, 'out'), limits),
    ).rejects.toThrow('has moved since it was listed');
  });
});
