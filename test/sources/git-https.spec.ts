import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runProgram } from '@flotilla/agent/exec/run-program';
import { gitRemote, type SecretData } from '@flotilla/agent/sources/git/credentials';
import { createGitCommand } from '@flotilla/agent/sources/git/git-command';
import { listRemoteRefs } from '@flotilla/agent/sources/git/remote-refs';
import { createTrustBundle } from '@flotilla/agent/sources/git/trust-bundle';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGitServer, type GitServer } from '../servers/git-server.js';

const folder = mkdtempSync(path.join(tmpdir(), 'git-https-'));
const git = createGitCommand({
  run: runProgram,
  trust: createTrustBundle(path.join(folder, 'trust')),
  privatePath: path.join(folder, 'private'),
});
let plain: GitServer;
let secure: Server;
let certificate: string;

/** The Git server behind TLS with a certificate that only its own CA file makes trusted. */
beforeAll(async () => {
  plain = await startGitServer({ auth: { username: 'robot', password: 'pw' } });
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=git', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const newKey = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    key,
    '-out',
    cert,
  ];
  execFileSync('openssl', ['req', '-x509', '-days', '1', ...newKey, ...subject], { stdio: 'ignore' });
  certificate = readFileSync(cert, 'utf8');
  secure = createServer({ key: readFileSync(key), cert: certificate }, (incoming, response) => {
    const options = { method: incoming.method, headers: incoming.headers };
    const outgoing = request(`${plain.url}${incoming.url}`, options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  secure.closeAllConnections();
  await new Promise((resolve) => secure.close(resolve));
  await plain.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('Git over HTTPS (flux-compat 2.3)', () => {
  const credentials = { username: 'robot', password: 'pw' };
  async function refs(secret: SecretData): Promise<Record<string, string>> {
    const url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/app.git`;
    const scope = { kind: 'branches-and-tags' as const };
    const listing = await listRemoteRefs(git, gitRemote(url, secret), scope, { timeoutMs: 20_000 });
    return Object.fromEntries(listing.commits);
  }

  it('trusts the CA of the Secret, and nobody unknown without it', async () => {
    const commit = await (await plain.createRepository('app')).commit({ a: '1' });

    expect(await refs({ ...credentials, 'ca.crt': certificate })).toEqual({ 'refs/heads/main': commit });
    expect(await refs({ ...credentials, caFile: certificate })).toEqual({ 'refs/heads/main': commit });
    await expect(refs(credentials)).rejects.toMatchObject({
      failure: 'unreachable',
      message: expect.stringMatching(/certificate/) as string,
    });
  });
});
