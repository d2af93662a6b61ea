import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runProgram, type ProgramOptions } from '@flotilla/agent/exec/run-program';
import { gitRemote, type SecretData } from '@flotilla/agent/sources/git/credentials';
import { createGitCommand } from '@flotilla/agent/sources/git/git-command';
import { proxyAddress } from '@flotilla/agent/sources/git/proxy';
import { readProxyEnvironment } from '@flotilla/agent/sources/git/proxy-environment';
import { listRemoteRefs } from '@flotilla/agent/sources/git/remote-refs';
import { createTrustBundle } from '@flotilla/agent/sources/git/trust-bundle';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority, type Certificate, type CertificateAuthority } from '../servers/certificates.js';
import { startGitServer, type GitServer } from '../servers/git-server.js';
import { startHttpProxy, type HttpProxy } from '../servers/http-proxy.js';
import { startTlsFront, type TlsFront } from '../servers/tls-front.js';

const folder = mkdtempSync(path.join(tmpdir(), 'git-https-'));
const privatePath = path.join(folder, 'private');
const started: ProgramOptions[] = [];
const git = createGitCommand({
  run: (file, options) => {
    started.push(options);
    return runProgram(file, options);
  },
  trust: createTrustBundle(path.join(folder, 'trust')),
  privatePath,
});
const credentials = { username: 'robot', password: 'pw' };
let authority: CertificateAuthority;
let stranger: CertificateAuthority;
let client: Certificate;
let plain: GitServer;
let secure: TlsFront;
let mutual: TlsFront;
let commit: string;

beforeAll(async () => {
  plain = await startGitServer({ auth: credentials });
  commit = await (await plain.createRepository('app')).commit({ a: '1' });
  [authority, stranger] = [await createAuthority(), await createAuthority()];
  client = await authority.issue('client');
  const certificate = await authority.issue('git');
  secure = await startTlsFront({ target: plain.url, certificate });
  mutual = await startTlsFront({ target: plain.url, certificate, clientCa: authority.cert });
});
afterAll(async () => {
  await Promise.all([secure?.stop(), mutual?.stop(), plain?.stop()]);
  for (const each of [authority, stranger]) each?.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function refs(server: { url: string }, secret: SecretData, proxy?: SecretData) {
  const options = proxy ? { proxy: proxyAddress(proxy, 'apps/proxy') } : {};
  const remote = gitRemote(`${server.url}/app.git`, secret, options);
  const scope = { kind: 'branches-and-tags' as const };
  const listing = await listRemoteRefs(git, remote, scope, { timeoutMs: 20_000 });
  return Object.fromEntries(listing.commits);
}

describe('Git over HTTPS (flux-compat 2.3)', () => {
  it('trusts the CA of the Secret, and nobody unknown without it', async () => {
    expect(await refs(secure, { ...credentials, 'ca.crt': authority.cert })).toEqual({
      'refs/heads/main': commit,
    });
    expect(await refs(secure, { ...credentials, caFile: authority.cert })).toEqual({
      'refs/heads/main': commit,
    });
    await expect(refs(secure, credentials)).rejects.toMatchObject({
      failure: 'unreachable',
      message: expect.stringMatching(/certificate/) as string,
    });
  });

  it('shows the client certificate of the Secret; without it, or with a strange one, the server refuses', async () => {
    const base = { ...credentials, 'ca.crt': authority.cert };
    const strange = await stranger.issue('client');

    const pair = { 'tls.crt': client.cert, 'tls.key': client.key };
    expect(await refs(mutual, { ...base, ...pair })).toEqual({ 'refs/heads/main': commit });

    await expect(refs(mutual, base)).rejects.toMatchObject({ failure: 'unreachable' });
    const other = { 'tls.crt': strange.cert, 'tls.key': strange.key };
    await expect(refs(mutual, { ...base, ...other })).rejects.toMatchObject({ failure: 'unreachable' });
    expect(readdirSync(privatePath)).toEqual([]);
  });
});

describe('Git through a proxy (flux-compat 2.3)', () => {
  const auth = { username: 'u@x', password: 'p/ss:wörd' };
  let proxy: HttpProxy;

  beforeEach(async () => {
    proxy = await startHttpProxy(auth);
    return () => proxy.stop();
  });

  it('goes through a tunnel to HTTPS and by forwarding to HTTP', async () => {
    const secret = { ...credentials, 'ca.crt': authority.cert };

    expect(await refs(secure, secret, { address: proxy.url, ...auth })).toEqual({
      'refs/heads/main': commit,
    });
    expect(await refs(plain, secret, { address: proxy.url, ...auth })).toEqual({ 'refs/heads/main': commit });

    expect(proxy.carried).toContain(`CONNECT ${new URL(secure.url).host}`);
    expect(proxy.carried).toContain(`GET ${plain.url}/app.git/info/refs?service=git-upload-pack`);
  });

  it('uses the proxy of the environment where the remote has none of its own, and not for what it leaves out', async () => {
    const address = proxy.url.replace(
      '://',
      `://${encodeURIComponent(auth.username)}:${encodeURIComponent(auth.password)}@`,
    );
    const through = async (env: Record<string, string>, own?: string): Promise<number> => {
      const command = createGitCommand({
        run: runProgram,
        trust: createTrustBundle(path.join(folder, 'trust')),
        privatePath,
        proxy: readProxyEnvironment(env),
      });
      const before = proxy.carried.length;
      const remote = gitRemote(`${plain.url}/app.git`, credentials, own ? { proxy: own } : {});
      await listRemoteRefs(command, remote, { kind: 'branches-and-tags' }, { timeoutMs: 20_000 });
      return proxy.carried.length - before;
    };

    expect(await through({ HTTP_PROXY: address })).toBeGreaterThan(0);
    expect(await through({ http_proxy: address, NO_PROXY: '127.0.0.1' })).toBe(0);
    expect(await through({ HTTPS_PROXY: address })).toBe(0);
    expect(await through({ HTTP_PROXY: 'http://127.0.0.1:1', NO_PROXY: '*' }, address)).toBeGreaterThan(0);
  });

  it('fails on a wrong password of the proxy, without showing it', async () => {
    const wrong = { address: proxy.url, username: 'u@x', password: 'wr0ng/pw' };

    const error = await refs(secure, { ...credentials, 'ca.crt': authority.cert }, wrong).catch(
      (thrown: unknown) => thrown,
    );

    expect(error).toMatchObject({ failure: 'unreachable', message: expect.stringMatching(/407/) as string });
    const told = JSON.stringify([String(error), started.map(({ args }) => args)]);
    for (const text of ['wr0ng', encodeURIComponent('wr0ng/pw')]) expect(told).not.toContain(text);
    expect(proxy.carried).toEqual([]);
  });

  it('fails when the proxy is not there, and does not go around it', async () => {
    const gone = { address: 'http://127.0.0.1:1' };

    await expect(refs(plain, credentials, gone)).rejects.toMatchObject({ failure: 'unreachable' });
  });
});
