import { type GitServer, startGitServer } from '../../servers/git-server.js';
import { secret } from '../rig/manifests.js';
import type { Fields, ScenarioRow } from '../rig/scenario-row.js';

const subject = 'GitRepository';
const [user, password, bearer] = ['robot', 'p@ss word', 'token-1'];

/** Servers that ask for credentials, for the rows of this file. */
export interface LockedServers {
  readonly basic: GitServer;
  readonly bearer: GitServer;
  stop(): Promise<void>;
}

export async function startLockedServers(): Promise<LockedServers> {
  const [basic, token] = await Promise.all([
    startGitServer({ auth: { username: user, password } }),
    startGitServer({ auth: { bearer } }),
  ]);
  return { basic, bearer: token, stop: async () => void (await Promise.all([basic.stop(), token.stop()])) };
}

let sequence = 0;

const row = (
  servers: () => LockedServers,
  server: 'basic' | 'bearer',
  behaviour: string,
  stringData: Fields,
  ready: Fields,
  userInfo = '',
): ScenarioRow => ({
  section: '2.3',
  behaviour,
  given: {
    subject,
    files: { 'a.yaml': 'a: 1\n' },
    objects: [secret('login', { stringData })],
    before: async (world) => {
      const repository = await servers()[server].createRepository(`locked-${(sequence += 1)}`);
      await repository.commit({ 'a.yaml': 'a: 1\n' });
      world.addNames({ locked: repository.url.replace('//', `//${userInfo}`) });
    },
    source: { url: '<locked>', secretRef: { name: 'login' } },
  },
  expect: {
    ready,
    check: (_, object) => {
      const status = JSON.stringify(object.status);
      if (status.includes(password) || status.includes('wrong-secret'))
        throw new Error('the status shows a secret');
    },
  },
});

const good = { status: 'True' };
const refused = (reason: string, message: RegExp) => ({ status: 'False', reason, message });

/** Secrets and what they open (flux-compat 2.3). */
export const credentialRows = (servers: () => LockedServers): readonly ScenarioRow[] => [
  ...(['azure', 'aws'] as const).flatMap((provider): ScenarioRow[] => [
    {
      section: '2.3',
      behaviour: `provider ${provider} with a serviceAccountName stalls while the gate ObjectLevelWorkloadIdentity is off`,
      given: { subject, source: { provider, serviceAccountName: 'robot' } },
      expect: {
        ready: refused('FeatureGateDisabled', /ObjectLevelWorkloadIdentity feature gate/),
        conditions: { Stalled: { status: 'True', reason: 'FeatureGateDisabled' } },
      },
    },
    {
      section: '2.3',
      behaviour: `provider ${provider} without an identity says what the agent lacks`,
      given: {
        subject,
        source: {
          provider,
          url:
            provider === 'azure'
              ? 'https://dev.azure.com/org/project/_git/fleet'
              : 'https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/fleet',
        },
      },
      expect: { ready: refused('AuthenticationFailed', /the agent has no identity in (Azure|AWS)/) },
    },
  ]),
  row(servers, 'basic', 'username and password open the repository', { username: user, password }, good),
  row(servers, 'bearer', 'bearerToken opens the repository', { bearerToken: bearer }, good),
  row(
    servers,
    'basic',
    'wrong credentials are told without being shown',
    { username: user, password: 'wrong-secret' },
    refused('GitOperationFailed', /^failed to checkout and determine revision: .*authentication/),
  ),
  row(
    servers,
    'basic',
    'bearerToken together with a password is an error',
    { username: user, password, bearerToken: bearer },
    refused('AuthenticationFailed', /bearer/i),
  ),
  row(
    servers,
    'basic',
    'password without username is an error',
    { password },
    refused('AuthenticationFailed', /username/),
  ),
  row(
    servers,
    'basic',
    'user info of the URL counts when the Secret has none',
    { unrelated: 'x' },
    good,
    `${user}:${encodeURIComponent(password)}@`,
  ),
  row(
    servers,
    'basic',
    'the Secret wins over user info of the URL',
    { username: user, password },
    good,
    'nobody:nothing@',
  ),
  row(
    servers,
    'basic',
    'data of a GitHub App with the generic provider is an error',
    { githubAppID: '1', githubAppInstallationID: '2', githubAppPrivateKey: 'x' },
    refused('InvalidProviderConfiguration', /github/i),
  ),
  {
    section: '2.3',
    behaviour: 'provider github without a Secret stalls',
    given: { subject, files: { 'a.yaml': 'a' }, source: { provider: 'github' } },
    expect: {
      ready: { status: 'False', reason: 'InvalidProviderConfiguration' },
      conditions: { Stalled: { status: 'True', reason: 'InvalidProviderConfiguration' } },
      status: { observedGeneration: 1 },
    },
  },
];
