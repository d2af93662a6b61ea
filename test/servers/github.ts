// The part of GitHub's REST interface that gives Apps their tokens. It verifies the JSON web token as GitHub does.
import { generateKeyPairSync, randomUUID, verify } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface GitHub {
  readonly url: string;
  readonly appId: string;
  readonly privateKey: string;
  readonly installation: { readonly id: number; readonly organization: string; readonly user: string };
  /** `METHOD path` of each call so far. */
  readonly calls: readonly string[];
  /** Tokens that were given so far. */
  readonly tokens: readonly string[];
  /** How long new tokens are good for. */
  setLifetime(seconds: number): void;
  stop(): Promise<void>;
}

/** Starts it with one App that is installed at one organization and one user. */
export async function startGitHub(): Promise<GitHub> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const appId = '4711';
  const installation = { id: 99, organization: 'acme', user: 'jane' };
  const [calls, tokens]: [string[], string[]] = [[], []];
  let lifetime = 3600;
  const provesApp = (header = ''): boolean => {
    const [head = '', claims = '', signature = ''] = header.replace(/^Bearer /, '').split('.');
    const read = (part: string): Record<string, unknown> =>
      JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;
    const signed = Buffer.from(`${head}.${claims}`);
    if (!verify('sha256', signed, publicKey, Buffer.from(signature, 'base64url'))) return false;
    const { iss, iat, exp } = read(claims);
    const now = Date.now() / 1000;
    const inTime = Number(iat) <= now && now < Number(exp) && Number(exp) - Number(iat) <= 600;
    return read(head)['alg'] === 'RS256' && iss === appId && inTime;
  };
  const answer = (path: string): { status: number; body: object } => {
    if (path === `/api/v3/app/installations/${installation.id}/access_tokens`) {
      const token = `ghs_${randomUUID()}`;
      tokens.push(token);
      const expires = new Date(Date.now() + lifetime * 1000).toISOString();
      return { status: 201, body: { token, expires_at: expires } };
    }
    const owners = [`orgs/${installation.organization}`, `users/${installation.user}`];
    if (owners.some((owner) => path === `/api/v3/${owner}/installation`))
      return { status: 200, body: { id: installation.id } };
    return { status: 404, body: { message: 'Not Found' } };
  };
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    const { status, body } = provesApp(request.headers.authorization)
      ? answer(request.url ?? '')
      : { status: 401, body: { message: 'A JSON web token could not be decoded' } };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v3`,
    appId,
    privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }) as string,
    installation,
    calls,
    tokens,
    setLifetime: (seconds) => void (lifetime = seconds),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
