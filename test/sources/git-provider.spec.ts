import type { GitRepositorySpec } from '@flotilla/common/api/git-repository';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGitHub, type GitHub } from '../servers/github.js';
import { startGitServer } from '../servers/git-server.js';
import { startHttpProxy } from '../servers/http-proxy.js';
import { startTlsFront } from '../servers/tls-front.js';
import { createAuthority } from '../servers/certificates.js';
import { condition, startGitScenario, type GitScenario } from './git-scenario.js';

let git: GitScenario;
let github: GitHub;

beforeAll(async () => {
  [git, github] = [await startGitScenario(), await startGitHub()];
});
afterAll(async () => {
  await git?.stop();
  await github?.stop();
});

const appSecret = (over: Record<string, string> = {}): Record<string, string> => ({
  githubAppID: github.appId,
  githubAppInstallationID: String(github.installation.id),
  githubAppPrivateKey: github.privateKey,
  githubAppBaseURL: github.url,
  ...over,
});
const named = (secret: Record<string, string>): string =>
  `app-${createHash('sha256').update(JSON.stringify(secret)).digest('hex').slice(0, 10)}`;

async function create(url: string, secret: Record<string, string>, spec: Partial<GitRepositorySpec> = {}) {
  const name = named(secret);
  await git.applySecret(name, secret);
  return git.create({ url, provider: 'github', ref: { branch: 'main' }, secretRef: { name }, ...spec });
}

/** Takes the token that was given last, as a hosted Git does. */
async function startTokenServer(): Promise<Awaited<ReturnType<typeof startGitServer>>> {
  return startGitServer({
    admit: ({ headers }) => {
      const basic = Buffer.from(String(headers.authorization).replace('Basic ', ''), 'base64').toString();
      return basic === `x-access-token:${github.tokens.at(-1)}`;
    },
  });
}

describe('provider github (flux-compat 2.3)', () => {
  it.each<[string, () => Record<string, string>, readonly string[]]>([
    ['of an installation id', () => ({}), []],
    [
      'of an organization',
      () => ({ githubAppInstallationID: '', githubAppInstallationOwner: 'acme' }),
      ['GET /api/v3/orgs/acme/installation'],
    ],
    [
      'of a user',
      () => ({ githubAppInstallationID: '', githubAppInstallationOwner: 'jane' }),
      ['GET /api/v3/orgs/jane/installation', 'GET /api/v3/users/jane/installation'],
    ],
  ])('opens a repository with a token %s, asked for once', async (_, over, lookups) => {
    const server = await startTokenServer();
    const repo = await git.repository(server);
    const commit = await repo.commit({ a: '1' });
    const before = github.calls.length;

    const name = await create(repo.url, appSecret(over()));

    expect((await git.ready(name)).status?.artifact?.revision).toBe(`main@sha1:${commit}`);
    await git.reconciled(name);
    expect(github.calls.slice(before)).toEqual([
      ...lookups,
      'POST /api/v3/app/installations/99/access_tokens',
    ]);
    const told = JSON.stringify([
      git.agent.log,
      git.agent.events,
      git.agent.programs.map(({ args }) => args),
    ]);
    for (const token of github.tokens) expect(told).not.toContain(token);
    await server.stop();
  });

  it('asks for a new token when the old one is about to end; the cache of the repository stays', async () => {
    const server = await startTokenServer();
    const repo = await git.repository(server);
    await repo.commit({ a: '1' });
    github.setLifetime(0);
    const name = await create(repo.url, appSecret());
    await git.ready(name);
    const [tokens, fetches] = [github.tokens.length, initialised().length];
    const commit = await repo.commit({ a: '2' });

    await git.reconciled(name);

    github.setLifetime(3600);
    await git.ready(name, `main@sha1:${commit}`);
    expect(github.tokens.length).toBeGreaterThan(tokens);
    expect(initialised().length).toBe(fetches);
    await server.stop();
  });
  const initialised = () => git.agent.programs.filter(({ args }) => args[0] === 'init');

  it('asks GitHub through the proxy and trusts the CA of the Secret', async () => {
    const [server, proxy, authority] = [
      await startTokenServer(),
      await startHttpProxy(),
      await createAuthority(),
    ];
    const certificate = await authority.issue('github');
    const front = await startTlsFront({ target: github.url.replace('/api/v3', ''), certificate });
    const repo = await git.repository(server);
    await repo.commit({ a: '1' });
    await git.applySecret('proxy', { address: proxy.url });

    const secret = appSecret({ githubAppBaseURL: `${front.url}/api/v3/`, 'ca.crt': authority.cert });
    const name = await create(repo.url, secret, { proxySecretRef: { name: 'proxy' } });

    await git.ready(name);
    expect(proxy.carried).toContain(`CONNECT ${new URL(front.url).host}`);
    expect(proxy.carried.some((line) => line.startsWith(`GET ${server.url}/`))).toBe(true);
    await Promise.all([server.stop(), proxy.stop(), front.stop()]);
    authority.remove();
  });

  const auth = 'failed to configure authentication options: ';
  it.each<[string, () => Record<string, string>, Partial<GitRepositorySpec>, string, string]>([
    [
      'App data with another provider',
      () => appSecret(),
      { provider: 'generic' },
      'InvalidProviderConfiguration',
      "secretRef '<secret>' has github app data but provider is not set to github",
    ],
    [
      'App data with workload identity',
      () => appSecret(),
      { provider: 'azure', url: 'https://dev.azure.com/acme/fleet/_git/fleet' },
      'InvalidProviderConfiguration',
      "secretRef '<secret>' has github app data but provider is not set to github",
    ],
    [
      'a Secret without App data',
      () => ({ username: 'u', password: 'p' }),
      {},
      'InvalidProviderConfiguration',
      'secretRef with github app data must be specified when provider is set to github',
    ],
    [
      'no installation',
      () => appSecret({ githubAppInstallationID: '' }),
      {},
      'AuthenticationFailed',
      `${auth}app installation owner or ID must be provided to use github app authentication`,
    ],
    [
      'two installations',
      () => appSecret({ githubAppInstallationOwner: 'acme' }),
      {},
      'AuthenticationFailed',
      `${auth}only one of app installation owner or ID must be provided to use github app authentication`,
    ],
    [
      'a private key that is none',
      () => appSecret({ githubAppPrivateKey: 'x' }),
      {},
      'AuthenticationFailed',
      `${auth}could not parse private key: githubAppPrivateKey must be an RSA key in PEM form`,
    ],
    [
      'a private key that is not of the App',
      () => appSecret({ githubAppPrivateKey: strangeKey }),
      {},
      'AuthenticationFailed',
      `${auth}github gives no installation token: 401 A JSON web token could not be decoded`,
    ],
    [
      'an owner without the App',
      () => appSecret({ githubAppInstallationID: '', githubAppInstallationOwner: 'nobody' }),
      {},
      'AuthenticationFailed',
      `${auth}github knows no installation for the owner 'nobody': 404 Not Found; 404 Not Found`,
    ],
  ])('is told to be wrong with %s, and tried again', async (_, secret, spec, reason, message) => {
    const repo = await git.repository();
    await repo.commit({ a: '1' });
    const data = secret();

    const name = await create(repo.url, data, spec);

    const object = await git.failing(name, reason);
    expect(condition(object, 'Ready')?.message).toBe(
      message.replace('<secret>', `${git.namespace}/${named(data)}`),
    );
    expect(condition(object, 'FetchFailed')).toMatchObject({ status: 'True', reason });
    expect(condition(object, 'Stalled')).toBeUndefined();
    await git.remove(name);
  });
  const strangeKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string;
});

describe('a provider that cannot work', () => {
  it.each<[string, Partial<GitRepositorySpec>, string, RegExp]>([
    [
      'github without a Secret',
      { provider: 'github' },
      'InvalidProviderConfiguration',
      /^secretRef with github app data must be specified when provider is set to github$/,
    ],
    [
      'azure at another server',
      { provider: 'azure' },
      'InvalidProviderConfiguration',
      /^provider 'azure' is for Azure DevOps/,
    ],
    [
      'aws at another server',
      { provider: 'aws' },
      'InvalidProviderConfiguration',
      /^provider 'aws' is for AWS CodeCommit/,
    ],
    [
      'azure with a ServiceAccount',
      { provider: 'azure', serviceAccountName: 'sa' },
      'FeatureGateDisabled',
      /ObjectLevelWorkloadIdentity feature gate/,
    ],
  ])('stalls: %s', async (_, spec, reason, message) => {
    const name = await git.create({ url: 'https://git.test/x', ...spec });

    const object = await git.failing(name, reason);

    expect(condition(object, 'Stalled')).toMatchObject({ status: 'True', reason });
    expect(condition(object, 'Ready')?.message).toMatch(message);
    expect(object.status?.observedGeneration).toBe(1);
  });
});
