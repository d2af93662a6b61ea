import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runProgram } from '@flotilla/agent/exec/run-program';
import { gitRemote, type SecretData } from '@flotilla/agent/sources/git/credentials';
import { createGitCommand } from '@flotilla/agent/sources/git/git-command';
import { listRemoteRefs } from '@flotilla/agent/sources/git/remote-refs';
import { createTrustBundle } from '@flotilla/agent/sources/git/trust-bundle';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority, type CertificateAuthority } from '../servers/certificates.js';
import { startGitServer, type GitServer } from '../servers/git-server.js';
import { startTlsFront, type TlsFront } from '../servers/tls-front.js';

/** A server of redirects, and what it was asked with. */
interface Signpost {
  readonly url: string;
  stop(): void;
}

const folder = mkdtempSync(path.join(tmpdir(), 'git-redirect-'));
const git = createGitCommand({
  run: runProgram,
  trust: createTrustBundle(path.join(folder, 'trust')),
  privatePath: path.join(folder, 'private'),
});
const credentials = { username: 'robot', password: 'pw' };
/** What the server that a redirect may lead to has been shown. */
const shown: (string | undefined)[] = [];
let other: GitServer;
let locked: GitServer;
let authority: CertificateAuthority;
let secure: TlsFront;
let commit: string;

beforeAll(async () => {
  const admit = ({ headers }: IncomingMessage): boolean => {
    shown.push(headers.authorization);
    return true;
  };
  other = await startGitServer({ admit });
  commit = await (await other.createRepository('app')).commit({ a: '1' });
  locked = await startGitServer({ auth: credentials });
  await (await locked.createRepository('app')).commit({ a: '1' });
  authority = await createAuthority();
  secure = await startTlsFront({ target: other.url, certificate: await authority.issue('git') });
});
afterAll(async () => {
  await Promise.all([secure?.stop(), other?.stop(), locked?.stop()]);
  authority?.remove();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => void shown.splice(0));

/** Sends everything that it is asked for `/old` to the same question somewhere else. */
async function signpost(target: string): Promise<Signpost> {
  const server = createServer(({ url = '' }, response) => {
    response.writeHead(301, { location: url.replace(/^\/old/, target) }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, stop: () => void server.close() };
}

async function refsBy(target: string, secret: SecretData): Promise<Record<string, string>> {
  const post = await signpost(target);
  try {
    const scope = { kind: 'branches-and-tags' as const };
    const remote = gitRemote(`${post.url}/old`, secret);
    return Object.fromEntries((await listRemoteRefs(git, remote, scope, { timeoutMs: 20_000 })).commits);
  } finally {
    post.stop();
  }
}

describe('a Git server that redirects (flux-compat 2.3)', () => {
  const found = () => ({ 'refs/heads/main': commit });

  it.each([['basic', credentials] as const, ['bearer', { bearerToken: 'token-1' }] as const])(
    'is followed to another server, which is never shown the %s credentials',
    async (_, secret) => {
      expect(await refsBy(`${other.url}/app.git`, secret)).toEqual(found());
      expect(shown.length).toBeGreaterThan(1);
      expect(new Set(shown)).toEqual(new Set([undefined]));
    },
  );

  it('is followed without credentials, too', async () => {
    expect(await refsBy(`${other.url}/app.git`, {})).toEqual(found());
  });

  it('is followed from HTTP to HTTPS; of the same host with the credentials', async () => {
    const ca = { 'ca.crt': authority.cert };
    expect(await refsBy(`${secure.url}/app.git`, ca)).toEqual(found());
    shown.splice(0);
    expect(await refsBy(`${secure.url}/app.git`, { ...credentials, ...ca })).toEqual(found());
    expect(shown).not.toContain(undefined);
  });

  it('is told when the other server wants the credentials that it does not get', async () => {
    await expect(refsBy(`${locked.url}/app.git`, credentials)).rejects.toMatchObject({
      failure: 'authentication',
      message: expect.stringContaining('credentials are not sent to another server') as string,
    });
  });

  it('is told when it leads to no repository, or round and round', async () => {
    await expect(refsBy('/sign-in?next=', credentials)).rejects.toThrow('that is no Git repository');
    await expect(refsBy('/old', credentials)).rejects.toThrow(/returned error: 301/);
  });
});
