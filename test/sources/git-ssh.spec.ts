import { readdir } from 'node:fs/promises';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defaultMaxFetchBytes as maxFetchBytes } from '@flotilla/agent/exec/watch-growth';
import { runProgram, type ProgramOptions } from '@flotilla/agent/exec/run-program';
import { gitRemote, type SecretData } from '@flotilla/agent/sources/git/credentials';
import { GitClient } from '@flotilla/agent/sources/git/git-client';
import { createGitCommand } from '@flotilla/agent/sources/git/git-command';
import { listRemoteRefs } from '@flotilla/agent/sources/git/remote-refs';
import { RepositoryCache } from '@flotilla/agent/sources/git/repository-cache';
import type { SshAlgorithms } from '@flotilla/agent/sources/git/ssh-access';
import { createTrustBundle } from '@flotilla/agent/sources/git/trust-bundle';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSshGitServer, type SshGitServer } from '../servers/ssh-git-server.js';

// Blanks and % in the path: both mean something to a shell or to ssh.
const folder = mkdtempSync(path.join(tmpdir(), "git ssh 100%'s-"));
const privatePath = path.join(folder, 'private');
const limits = { timeoutMs: 20_000 };
let server: SshGitServer;
let started: ProgramOptions[] = [];
let modes: number[] = [];

const gitWith = (ssh: SshAlgorithms = {}) =>
  createGitCommand({
    run: async (file, options) => {
      started.push(options);
      for (const name of await readdir(privatePath, { recursive: true }).catch(() => []))
        modes.push(statSync(path.join(privatePath, name)).mode & 0o777);
      return runProgram(file, options);
    },
    trust: createTrustBundle(path.join(folder, 'trust')),
    privatePath,
    ssh,
  });

const refs = async (url: string, secret: SecretData, ssh?: SshAlgorithms) => {
  const scope = { kind: 'branches-and-tags' as const };
  const listing = await listRemoteRefs(gitWith(ssh), gitRemote(url, secret), scope, limits);
  return Object.fromEntries(listing.commits);
};

beforeAll(async () => {
  server = await startSshGitServer();
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  [started, modes] = [[], []];
});

describe('Git over SSH (flux-compat 2.3)', () => {
  const secretOf = (over: Partial<Record<string, string>> = {}): SecretData => ({
    identity: server.client.privateKey,
    known_hosts: server.knownHosts,
    ...(over as Record<string, string>),
  });

  it('lists and fetches with the identity; keys are in private files only as long as the command runs', async () => {
    const repo = await server.createRepository('app');
    const commit = await repo.commit({ a: '1' });
    const git = gitWith();
    const cache = new RepositoryCache({
      git,
      root: path.join(folder, 'cache'),
      now: () => Date.now(),
      maxFetchBytes,
    });
    const remote = gitRemote(repo.url, secretOf());
    const target = { kind: 'ref', refName: 'refs/heads/main', expected: commit } as const;

    expect(await refs(repo.url, secretOf())).toEqual({ 'refs/heads/main': commit });
    const out = path.join(folder, 'out');
    await new GitClient(git, cache, maxFetchBytes).checkout(remote, target, out, limits);

    expect(await readdir(out)).toEqual(['a']);
    expect(modes.length).toBeGreaterThan(0);
    expect(new Set(modes)).toEqual(new Set([0o600, 0o700]));
    expect(await readdir(privatePath)).toEqual([]);
    const told = JSON.stringify(started.map(({ args, env }) => [args, env]));
    expect(told).not.toContain(server.client.privateKey.split('\n')[1]);
  });

  it('takes a key whose last line end is missing, and one with line ends of Windows', async () => {
    const repo = await server.createRepository('line-ends');
    await repo.commit({ a: '1' });
    const { privateKey } = server.client;

    await refs(
      repo.url,
      secretOf({ identity: privateKey.trimEnd(), known_hosts: server.knownHosts.trimEnd() }),
    );
    await refs(repo.url, secretOf({ identity: privateKey.replaceAll('\n', '\r\n') }));
  });

  it('opens a key with the passphrase, which is on no command line', async () => {
    const repo = await server.createRepository('closed');
    const commit = await repo.commit({ a: '1' });
    const { privateKey: identity, passphrase: password } = server.closedClient;

    expect(await refs(repo.url, secretOf({ identity, password }))).toEqual({ 'refs/heads/main': commit });

    expect(JSON.stringify(started.map(({ args, env }) => [args, env?.['GIT_SSH_COMMAND']]))).not.toContain(
      password,
    );
  });

  it.each<[string, () => Partial<Record<string, string>>, string, RegExp]>([
    [
      'an unknown host key',
      () => ({ known_hosts: 'other.test ssh-ed25519 AAAA\n' }),
      'host-key',
      /host key is known/i,
    ],
    [
      'another host key than is known',
      () => ({ known_hosts: server.wrongKnownHosts }),
      'host-key',
      /host key/i,
    ],
    [
      'a key that the server does not know',
      () => ({ identity: server.stranger.privateKey }),
      'authentication',
      /^authentication failed: the server refuses the identity, or/,
    ],
    [
      'a closed key without its passphrase',
      () => ({ identity: server.closedClient.privateKey }),
      'authentication',
      /passphrase is missing or wrong$/,
    ],
    [
      'a wrong passphrase',
      () => ({ identity: server.closedClient.privateKey, password: 'wrong phrase' }),
      'authentication',
      /passphrase is missing or wrong$/,
    ],
    [
      'an identity that is no key',
      () => ({ identity: 'no key' }),
      'authentication',
      /^authentication failed: the identity of the Secret is not a private key/,
    ],
  ])('fails clearly on %s', async (_, over, failure, message) => {
    const repo = await server.createRepository(`failing-${Math.random()}`);
    await repo.commit({ a: '1' });

    const error = await refs(repo.url, secretOf(over())).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ failure });
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain('wrong phrase');
  });

  it('says what is not there: the repository, the server', async () => {
    const repo = await server.createRepository('there');
    const elsewhere = repo.url.replace('there.git', 'gone.git');
    const nowhere = repo.url.replace(String(server.port), '1');

    await expect(refs(elsewhere, secretOf())).rejects.toMatchObject({
      failure: 'not-found',
      message: 'repository not found',
    });
    await expect(refs(nowhere, secretOf())).rejects.toMatchObject({
      failure: 'unreachable',
      message: expect.stringMatching(/^ssh: connect to host 127.0.0.1 port 1: Connection refused$/) as string,
    });
  });

  it('uses only the algorithms that the flags allow', async () => {
    const repo = await server.createRepository('algorithms');
    await repo.commit({ a: '1' });

    await refs(repo.url, secretOf(), { keyExchange: ['curve25519-sha256'], hostKeys: ['ssh-ed25519'] });
    await expect(refs(repo.url, secretOf(), { hostKeys: ['rsa-sha2-512'] })).rejects.toMatchObject({
      failure: 'unreachable',
      message: expect.stringMatching(/no matching host key type/) as string,
    });
    await expect(refs(repo.url, secretOf(), { keyExchange: ['no-such'] })).rejects.toThrow(/no-such/);
  });
});
