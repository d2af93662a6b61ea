import { type Certificate, type CertificateAuthority, createAuthority } from '../../servers/certificates.js';
import { type GitHub, startGitHub } from '../../servers/github.js';
import { type GitServer, startGitServer } from '../../servers/git-server.js';
import { startTlsFront, type TlsFront } from '../../servers/tls-front.js';
import { secret } from '../rig/manifests.js';
import { applyAs } from '../rig/objects.js';
import type { Expected, Fields, ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

const subject = 'GitRepository';
const files = { 'a.yaml': 'a: 1\n' };

/** Servers that prove who they are, and want to know who asks. */
export interface IdentityServers {
  readonly plain: GitServer;
  readonly secure: TlsFront;
  readonly mutual: TlsFront;
  readonly authority: CertificateAuthority;
  readonly client: Certificate;
  readonly stranger: Certificate;
  readonly github: GitHub;
  /** Takes the tokens that `github` has given. */
  readonly tokens: GitServer;
  stop(): Promise<void>;
}

export async function startIdentityServers(): Promise<IdentityServers> {
  const [plain, github, authority, strangers] = await Promise.all([
    startGitServer(),
    startGitHub(),
    createAuthority(),
    createAuthority(),
  ]);
  const [certificate, client, stranger] = [
    await authority.issue('git'),
    await authority.issue('client'),
    await strangers.issue('client'),
  ];
  const [secure, mutual, tokens] = await Promise.all([
    startTlsFront({ target: plain.url, certificate }),
    startTlsFront({ target: plain.url, certificate, clientCa: authority.cert }),
    startGitServer({ admit: ({ headers }) => isTokenOf(github, String(headers.authorization)) }),
  ]);
  const stop = async (): Promise<void> => {
    await Promise.all([secure.stop(), mutual.stop(), tokens.stop(), plain.stop(), github.stop()]);
    for (const each of [authority, strangers]) each.remove();
  };
  return { plain, secure, mutual, authority, client, stranger, github, tokens, stop };
}

function isTokenOf(github: GitHub, header: string): boolean {
  const basic = Buffer.from(header.replace('Basic ', ''), 'base64').toString();
  return github.tokens.some((token) => basic === `x-access-token:${token}`);
}

let sequence = 0;

const prepare = async (world: World, server: GitServer, front: { url: string }, data: Fields) => {
  const name = `identity-${(sequence += 1)}`;
  const repository = await server.createRepository(name);
  await repository.commit(files);
  world.addNames({ secure: `${front.url}/${name}.git` });
  await applyAs(world.kube, 'person', world.filled(secret('login', { stringData: data })));
};

const tlsRow = (
  servers: () => IdentityServers,
  front: 'secure' | 'mutual',
  behaviour: string,
  data: (servers: IdentityServers) => Fields,
  expected: Expected,
): ScenarioRow => ({
  section: '2.3',
  behaviour: `HTTPS: ${behaviour}`,
  given: {
    subject,
    files,
    before: (world) => prepare(world, servers().plain, servers()[front], data(servers())),
    source: { url: '<secure>', secretRef: { name: 'login' } },
  },
  expect: expected,
});

/** A GitHub App; `url` answers as the REST interface of GitHub does. */
export const appData = ({ appId, installation, privateKey, url }: GitHub, over: Fields = {}): Fields => ({
  githubAppID: appId,
  githubAppInstallationID: String(installation.id),
  githubAppPrivateKey: privateKey,
  githubAppBaseURL: url,
  ...over,
});

const appRow = (
  servers: () => IdentityServers,
  behaviour: string,
  data: (servers: IdentityServers) => Fields,
  expected: Expected,
): ScenarioRow => ({
  section: '2.3',
  behaviour: `GitHub App: ${behaviour}`,
  given: {
    subject,
    files,
    before: (world) => prepare(world, servers().tokens, servers().tokens, data(servers())),
    source: { url: '<secure>', provider: 'github', secretRef: { name: 'login' } },
  },
  expect: {
    ...expected,
    check: (_, { status }) => {
      const shown = servers().github.tokens.some((token) => JSON.stringify(status).includes(token));
      if (shown) throw new Error('the status shows a token');
    },
  },
});

const good: Expected = { ready: 'True', artifact: ['a.yaml'] };
const refused = (reason: string, message: RegExp): Expected => ({
  ready: { status: 'False', reason, message },
});

/** Certificates, and Apps instead of people (flux-compat 2.3). */
export const identityRows = (servers: () => IdentityServers): readonly ScenarioRow[] => [
  tlsRow(
    servers,
    'secure',
    'ca.crt says which authority is trusted',
    ({ authority }) => ({
      'ca.crt': authority.cert,
    }),
    good,
  ),
  tlsRow(
    servers,
    'secure',
    'the old key caFile does too',
    ({ authority }) => ({ caFile: authority.cert }),
    good,
  ),
  tlsRow(
    servers,
    'secure',
    'an authority that nobody knows is refused',
    () => ({ unrelated: 'x' }),
    refused('GitOperationFailed', /certificate/),
  ),
  tlsRow(
    servers,
    'mutual',
    'tls.crt and tls.key are shown to the server',
    ({ authority, client }) => ({ 'ca.crt': authority.cert, 'tls.crt': client.cert, 'tls.key': client.key }),
    good,
  ),
  tlsRow(
    servers,
    'mutual',
    'without a client certificate the server refuses',
    ({ authority }) => ({ 'ca.crt': authority.cert }),
    refused('GitOperationFailed', /^failed to checkout and determine revision: /),
  ),
  tlsRow(
    servers,
    'mutual',
    'the certificate of a stranger is refused',
    ({ authority, stranger }) => ({
      'ca.crt': authority.cert,
      'tls.crt': stranger.cert,
      'tls.key': stranger.key,
    }),
    refused('GitOperationFailed', /^failed to checkout and determine revision: /),
  ),
  appRow(servers, 'a token of the installation opens the repository', ({ github }) => appData(github), good),
  appRow(
    servers,
    'the installation is found by its owner',
    ({ github }) =>
      appData(github, {
        githubAppInstallationID: '',
        githubAppInstallationOwner: github.installation.organization,
      }),
    good,
  ),
  appRow(
    servers,
    'an owner that has not installed it is refused',
    ({ github }) => appData(github, { githubAppInstallationID: '', githubAppInstallationOwner: 'nobody' }),
    refused('AuthenticationFailed', /nobody/),
  ),
  appRow(
    servers,
    'a Secret without the private key is refused',
    ({ github }) => appData(github, { githubAppPrivateKey: '' }),
    refused('AuthenticationFailed', /private key/),
  ),
];
