import { readdir } from 'node:fs/promises';
import { startHttpProxy, type HttpProxy } from '../../servers/http-proxy.js';
import { type SshGitServer, startSshGitServer } from '../../servers/ssh-git-server.js';
import { waitFor } from '../../servers/wait-for.js';
import { applyAs } from '../rig/objects.js';
import { secret } from '../rig/manifests.js';
import type { Fields, ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

const subject = 'GitRepository';
const files = { 'a.yaml': 'a: 1\n' };

/** What the rows of this file share. */
export interface Transports {
  readonly ssh: SshGitServer;
  readonly proxy: HttpProxy;
  stop(): Promise<void>;
}

export async function startTransports(): Promise<Transports> {
  const [ssh, proxy] = await Promise.all([
    startSshGitServer(),
    startHttpProxy({ username: 'robot', password: 's3cret' }),
  ]);
  return { ssh, proxy, stop: async () => void (await Promise.all([ssh.stop(), proxy.stop()])) };
}

const putSecret = (world: World, name: string, stringData: Fields) =>
  applyAs(world.kube, 'person', world.filled(secret(name, { stringData })));

let sequence = 0;

const sshRow = (
  behaviour: string,
  data: (server: SshGitServer) => Fields,
  ready: Fields,
  servers: () => Transports,
): ScenarioRow => ({
  section: '2.3',
  behaviour: `SSH: ${behaviour}`,
  given: {
    subject,
    files,
    before: async (world) => {
      const { ssh } = servers();
      const repository = await ssh.createRepository(`ssh-${(sequence += 1)}`);
      await repository.commit(files);
      world.addNames({ ssh: repository.url });
      await putSecret(world, 'login', data(ssh));
    },
    source: { url: '<ssh>', secretRef: { name: 'login' } },
  },
  expect: { ready },
});

const good = { status: 'True' };
const refused = (message: RegExp) => ({ status: 'False', message });

/** A repository with a submodule on the same server. */
const withSubmodule = async (world: World): Promise<void> => {
  const library = await world.rig.git.createRepository(`module-${world.namespace}`);
  await library.commit({ 'lib.yaml': 'l: 1\n' });
  const { repository } = world;
  await repository.git('submodule', '--quiet', 'add', library.url, 'vendor/lib');
  world.commit = await repository.commit({}, 'with a submodule');
};

/** A request that finds nothing new is told in the cluster alone. */
const noNews = (behaviour: string, source: Fields, reason: string, message: string): ScenarioRow => ({
  section: '2.2',
  behaviour: `${behaviour} that has nothing new is told in the cluster alone, as ${reason}`,
  given: { subject, files, before: ({ repository }) => repository.tag('v1.0.0'), source },
  expect: { ready: good },
  steps: [
    {
      request: true,
      expect: {
        noEvents: [{ reason }],
        check: async (world) => {
          const selector = 'involvedObject.kind=GitRepository';
          const path = `/api/v1/namespaces/${world.namespace}/events?fieldSelector=${selector}`;
          const wanted = world.filled(message);
          // Events come after the status that tells the same.
          await waitFor(`an event ${reason}`, async () => {
            const { items } = await world.kube.call<{ items: Fields[] }>({ path });
            const told = items.find((item) => item['reason'] === reason);
            return told?.['type'] === 'Normal' && told['message'] === wanted;
          });
        },
      },
    },
  ],
});

const unchanged = "no changes since last reconciliation: observed revision '<revision>'";
const noNewsRows: readonly ScenarioRow[] = [
  noNews('a branch', {}, 'GitOperationSucceeded', unchanged),
  noNews(
    'a commit',
    { ref: { commit: '<commit>' } },
    'ArtifactUpToDate',
    "artifact up-to-date with remote revision: 'sha1:<commit>'",
  ),
  noNews(
    'a range',
    { ref: { semver: '1.x' } },
    'ArtifactUpToDate',
    "artifact up-to-date with remote revision: 'v1.0.0@sha1:<commit>'",
  ),
];

/** How a repository is reached, and what comes along with it (flux-compat 2.3). */
export const transportRows = (servers: () => Transports): readonly ScenarioRow[] => [
  sshRow(
    'an identity and the host key open the repository',
    ({ client, knownHosts }) => ({ identity: client.privateKey, known_hosts: knownHosts }),
    good,
    servers,
  ),
  sshRow(
    'password is the passphrase of the key',
    ({ closedClient, knownHosts }) => ({
      identity: closedClient.privateKey,
      password: closedClient.passphrase,
      known_hosts: knownHosts,
    }),
    good,
    servers,
  ),
  sshRow(
    'without known_hosts nothing is fetched',
    ({ client }) => ({ identity: client.privateKey }),
    { status: 'False', reason: 'AuthenticationFailed', message: /'known_hosts' is required/ },
    servers,
  ),
  sshRow(
    'without identity nothing is fetched',
    ({ knownHosts }) => ({ known_hosts: knownHosts }),
    { status: 'False', reason: 'AuthenticationFailed', message: /'identity' is required/ },
    servers,
  ),
  sshRow(
    'another host key is refused',
    ({ client, wrongKnownHosts }) => ({ identity: client.privateKey, known_hosts: wrongKnownHosts }),
    refused(/host key/i),
    servers,
  ),
  sshRow(
    'a key that the server does not know is refused',
    ({ stranger, knownHosts }) => ({ identity: stranger.privateKey, known_hosts: knownHosts }),
    refused(/authentication failed: the server refuses the identity/),
    servers,
  ),
  {
    section: '2.3',
    behaviour: 'proxySecretRef: the server is reached through the proxy, with its credentials',
    given: {
      subject,
      files,
      before: (world) =>
        putSecret(world, 'proxy', { address: servers().proxy.url, username: 'robot', password: 's3cret' }),
      source: { proxySecretRef: { name: 'proxy' } },
    },
    expect: {
      ready: good,
      check: (world) => {
        const path = new URL(world.repository.url).pathname;
        const carried = servers().proxy.carried.filter((line) => line.includes(`${path}/`));
        if (carried.length === 0) throw new Error('nothing went through the proxy');
      },
    },
  },
  {
    section: '2.3',
    behaviour: 'proxySecretRef: a proxy that refuses is told without its password',
    given: {
      subject,
      files,
      before: (world) =>
        putSecret(world, 'proxy', {
          address: servers().proxy.url,
          username: 'robot',
          password: 'wr0ng-pass',
        }),
      source: { proxySecretRef: { name: 'proxy' } },
    },
    expect: {
      ready: refused(/407|proxy/i),
      check: (_, { status }) => {
        if (JSON.stringify(status).includes('wr0ng-pass')) throw new Error('the status shows the password');
      },
    },
  },
  {
    section: '2.3',
    behaviour: 'recurseSubmodules: the files of submodules are in the artifact, and it is observed',
    given: { subject, files, before: withSubmodule, source: { recurseSubmodules: true } },
    expect: {
      ready: good,
      artifact: ['a.yaml', 'vendor/lib/lib.yaml'],
      status: { observedRecurseSubmodules: true },
    },
  },
  {
    section: '2.3',
    behaviour: 'without recurseSubmodules they are left out',
    given: { subject, files, before: withSubmodule },
    expect: { ready: good, artifact: ['a.yaml'] },
  },
  {
    section: '2.3',
    behaviour: 'ref.semver: of tags of one version the youngest commit counts',
    given: {
      subject,
      files,
      before: async (world) => {
        await world.repository.tag('1.0.0+old');
        world.commit = await world.repository.commit({ 'b.yaml': 'b: 1\n' });
        await world.repository.tag('1.0.0+new');
      },
      source: { ref: { semver: '1.x' } },
    },
    expect: { ready: good, status: { artifact: { revision: '1.0.0+new@sha1:<commit>' } } },
  },
  {
    section: '2.1',
    behaviour: 'a reconcile leaves two artifacts of an object, the current one and the one before',
    given: { subject, files },
    expect: { ready: good },
    steps: [
      ...[2, 3, 4].map((value) => ({ commit: { 'a.yaml': `a: ${value}\n` }, expect: { ready: good } })),
      {
        request: true,
        expect: {
          check: async (world: World) => {
            const folder = `${world.rig.storagePath}/gitrepository/${world.namespace}/fleet`;
            const kept = (await readdir(folder)).filter((name) => name.endsWith('.tar.gz'));
            if (kept.length !== 2 || !kept.includes(`${world.commit}.tar.gz`)) throw new Error(kept.join());
          },
        },
      },
    ],
  },
  ...noNewsRows,
];
