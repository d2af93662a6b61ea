import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isolatedGitEnv } from '../servers/git-repository.js';
import { startGitServer } from '../servers/git-server.js';
import type { GitServer, GitServerOptions } from '../servers/git-server.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import type { TemporaryFolder } from '../servers/temporary-folder.js';
import { runTool } from '../servers/tool.js';

describe('git server', () => {
  let folder: TemporaryFolder;
  let server: GitServer;
  beforeEach(() => {
    folder = temporaryFolder('git-server-spec');
  });
  afterEach(async () => {
    await server.stop();
    folder.remove();
  });

  const start = async (options?: GitServerOptions) => {
    server = await startGitServer(options);
    return server.createRepository('team/app');
  };
  const git = (...args: string[]) => runTool('git', args, { env: isolatedGitEnv, cwd: folder.path });
  const clone = (url: string, ...options: string[]) => git('clone', '--quiet', ...options, url, 'copy');

  it('serves a commit, a tag and a rewritten branch', async () => {
    const repository = await start();
    const first = await repository.commit({ 'app/a.yaml': 'one' });
    await repository.tag('v1.0.0', 'first release');
    const second = await repository.forcePush(first, { 'app/a.yaml': null, 'b.yaml': 'two' });
    expect((await clone(repository.url)).stderr).toBe('');
    expect((await git('-C', 'copy', 'rev-parse', 'HEAD', 'v1.0.0^{}')).stdout).toBe(`${second}\n${first}\n`);
    expect(readFileSync(join(folder.path, 'copy', 'b.yaml'), 'utf8')).toBe('two');
    expect(existsSync(join(folder.path, 'copy', 'app'))).toBe(false);
  });

  it('gives the same commit for the same contents', async () => {
    const repository = await start();
    const other = await server.createRepository('other');
    expect(await repository.commit({ a: '1' })).toBe(await other.commit({ a: '1' }));
  });

  it('takes pushes over HTTP and counts requests by repository and service', async () => {
    const repository = await start();
    await repository.commit({ a: '1' });
    await clone(repository.url);
    expect(server.requests('team/app', 'git-receive-pack')).toBe(0);
    expect(server.requests('team/app', 'git-upload-pack')).toBeGreaterThan(0);
    await git('-C', 'copy', 'commit', '--quiet', '--allow-empty', '-m', 'from a client');
    expect((await git('-C', 'copy', 'push', '--quiet')).code).toBe(0);
    expect(server.requests('team/app', 'git-receive-pack')).toBeGreaterThan(0);
    expect(server.requests('other')).toBe(0);
  });

  it('serves a partial, shallow fetch of a commit by its id', async () => {
    const repository = await start();
    const first = await repository.commit({ a: '1' });
    await repository.commit({ a: '2' });
    await git('init', '--quiet', 'copy');
    expect(
      (await git('-C', 'copy', 'fetch', '--quiet', '--depth=1', '--filter=blob:none', repository.url, first))
        .code,
    ).toBe(0);
  });

  it.each([
    ['basic credentials', { auth: { username: 'bot', password: 'p:w' } }, `Basic ${btoa('bot:p:w')}`],
    ['a bearer token', { auth: { bearer: 'secret' } }, 'Bearer secret'],
  ])('admits a client only with %s', async (_, options, header) => {
    const repository = await start(options);
    await repository.commit({ a: '1' });
    expect((await clone(repository.url)).code).not.toBe(0);
    expect((await clone(repository.url, '-c', 'http.extraHeader=Authorization: Basic eDp5')).code).not.toBe(
      0,
    );
    expect((await clone(repository.url, '-c', `http.extraHeader=Authorization: ${header}`)).stderr).toBe('');
  });

  it('can be unavailable for a while', async () => {
    const repository = await start();
    await repository.commit({ a: '1' });
    server.setAvailable(false);
    expect((await clone(repository.url)).stderr).toContain('503');
    server.setAvailable(true);
    expect((await clone(repository.url)).code).toBe(0);
  });
});
