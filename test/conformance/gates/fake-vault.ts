// Stands where a Vault would: trusts the tokens of the cluster as its Kubernetes auth method does, by asking the API
// server for a review, and gives data keys to those who logged in.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubeRequester } from '../../servers/kube-request.js';

export interface FakeVault {
  /** Which of its addresses is in the configuration is up to the test. */
  readonly address: string;
  /** `role as user` of each login that was let in. */
  readonly logins: readonly string[];
  stop(): void;
}

export const loginPath = 'auth/kubernetes/login';

/** Its roles are `<namespace>_<account>`, and each account has its own; those named `stranger` have none. */
export async function startFakeVault(kube: KubeRequester): Promise<FakeVault> {
  const logins: string[] = [];
  const tokens = new Set<string>();
  let address = '';
  const logIn = async ({ role, jwt }: { role: string; jwt: string }): Promise<unknown> => {
    const { status } = await kube.call<{ status: { authenticated?: boolean; user?: { username: string } } }>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token: jwt, audiences: [address] },
      },
    });
    const user = status.user?.username ?? '';
    const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
    if (!status.authenticated || role !== `${namespace}_${name}` || name === 'stranger') return undefined;
    logins.push(`${role} as ${user}`);
    const token = randomBytes(8).toString('hex');
    tokens.add(token);
    return { auth: { client_token: token } };
  };
  const answer = async (request: IncomingMessage): Promise<unknown> => {
    const body = JSON.parse(await textOf(request)) as Record<string, string>;
    if (request.url === `/v1/${loginPath}`) return await logIn(body as { role: string; jwt: string });
    if (!tokens.has(String(request.headers['x-vault-token']))) return undefined;
    return { data: { plaintext: body['ciphertext']?.replace('vault:v1:', '') } };
  };
  const server = createServer((request, response) => {
    void answer(request).then((found) => {
      response.writeHead(found ? 200 : 403).end(JSON.stringify(found ?? { errors: ['permission denied'] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, logins, stop: () => server.close() };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
