// Whatever goes wrong with a source that worked: the documented condition tells it, and the last good artifact stays.
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSshGitServer, type SshGitServer } from '../servers/ssh-git-server.js';
import { toolOutput } from '../servers/tool.js';
import { condition, startGitScenario, type GitScenario, type Remote, type Spec } from './git-scenario.js';

let git: GitScenario;
let ssh: SshGitServer;
/** Takes connections and says nothing. */
const silent = createServer();

beforeAll(async () => {
  [git, ssh] = [await startGitScenario(), await startSshGitServer()];
  await git.applySecret('ssh', { identity: ssh.client.privateKey, known_hosts: ssh.knownHosts });
  await git.applySecret('ssh-strange-host', {
    identity: ssh.client.privateKey,
    known_hosts: ssh.wrongKnownHosts,
  });
  await git.applySecret('ssh-strange-key', {
    identity: ssh.stranger.privateKey,
    known_hosts: ssh.knownHosts,
  });
  await git.applySecret('ssh-half', { identity: ssh.client.privateKey });
  await git.applySecret('robot', { username: 'robot', password: 's3cret-p@ss' });
  await git.applySecret('robot-wrong', { username: 'robot', password: 'wr0ng' });
  await git.applySecret('robot-half', { password: 's3cret-p@ss' });
  await git.applySecret('proxy-gone', { address: 'http://127.0.0.1:1' });
  await git.applySecret('proxy-half', { username: 'u' });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await git?.stop();
  await ssh?.stop();
  silent.close();
});

type Server = 'http' | 'locked' | 'ssh';
interface Row {
  readonly on?: Server;
  /** Changes the remote. */
  readonly damage?: (repo: Remote) => Promise<unknown>;
  /** Changes the object; absent = it is asked to reconcile. */
  readonly spec?: (repo: Remote) => Partial<Spec>;
  readonly reason: string;
  readonly message: RegExp;
  readonly stalled?: boolean;
}

const inBare = async (repo: Remote, ...args: string[]): Promise<string> =>
  toolOutput('git', args, { cwd: await repo.git('remote', 'get-url', 'origin') });
const secret = (name: string) => ({ secretRef: { name } });
const checkout = 'failed to checkout and determine revision: ';
const options = 'failed to configure authentication options: ';

const rows: readonly [section: string, what: string, row: Row][] = [
  [
    '2.3',
    'an emptied repository',
    {
      damage: (repo) => inBare(repo, 'update-ref', '-d', 'refs/heads/main'),
      reason: 'EmptyGitRepository',
      message: /^git repository is empty$/,
    },
  ],
  [
    '2.3',
    'a branch that is gone',
    {
      damage: async (repo) => {
        await inBare(repo, 'update-ref', 'refs/heads/other', 'refs/heads/main');
        await inBare(repo, 'update-ref', '-d', 'refs/heads/main');
      },
      reason: 'GitOperationFailed',
      message: new RegExp(
        `^${checkout}unable to clone 'http.*': couldn't find remote ref "refs/heads/main"$`,
      ),
    },
  ],
  [
    '2.3',
    'a tag that is not there',
    {
      spec: () => ({ ref: { tag: 'v9' } }),
      reason: 'GitOperationFailed',
      message: new RegExp(`^${checkout}unable to clone '.*': couldn't find remote ref "refs/tags/v9"$`),
    },
  ],
  [
    '2.3',
    'a server that does not serve',
    {
      damage: async () => git.server.setAvailable(false),
      reason: 'GitOperationFailed',
      message: new RegExp(`^${checkout}unable to list remote for '.*': .*503`),
    },
  ],
  [
    '2.3',
    'a server that is not there',
    {
      spec: () => ({ url: 'http://127.0.0.1:1/app.git' }),
      reason: 'GitOperationFailed',
      message: new RegExp(
        `^${checkout}unable to list remote for 'http://127.0.0.1:1/app.git': .*Failed to connect`,
      ),
    },
  ],
  [
    '2.3',
    'a server that says nothing',
    {
      spec: () => ({
        url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}/app.git`,
        timeout: '1s',
      }),
      reason: 'GitOperationFailed',
      message: new RegExp(
        `^${checkout}unable to list remote for '.*': timed out after 1s; spec.timeout is the limit$`,
      ),
    },
  ],
  [
    '2.3',
    'a wrong password',
    {
      on: 'locked',
      spec: () => secret('robot-wrong'),
      reason: 'GitOperationFailed',
      message: new RegExp(`^${checkout}unable to list remote for '.*': authentication required: `),
    },
  ],
  [
    '2.3',
    'a password without a user name',
    {
      on: 'locked',
      spec: () => secret('robot-half'),
      reason: 'AuthenticationFailed',
      message: new RegExp(`^${options}invalid 'http' auth option: 'password' requires 'username' to be set$`),
    },
  ],
  [
    '2.3',
    'a Secret that is gone',
    {
      on: 'locked',
      spec: () => secret('none'),
      reason: 'AuthenticationFailed',
      message: /^failed to get secret '.*\/none': secrets "none" not found$/,
    },
  ],
  [
    '2.3',
    'an unknown host key',
    {
      on: 'ssh',
      spec: () => secret('ssh-strange-host'),
      reason: 'GitOperationFailed',
      message: new RegExp(`^${checkout}unable to list remote for 'ssh://.*': .*host key`, 'i'),
    },
  ],
  [
    '2.3',
    'a key that the server does not know',
    {
      on: 'ssh',
      spec: () => secret('ssh-strange-key'),
      reason: 'GitOperationFailed',
      message: new RegExp(`^${checkout}unable to list remote for 'ssh://.*': authentication failed: `),
    },
  ],
  [
    '2.3',
    'an SSH Secret without known hosts',
    {
      on: 'ssh',
      spec: () => secret('ssh-half'),
      reason: 'AuthenticationFailed',
      message: new RegExp(`^${options}invalid 'ssh' auth option: 'known_hosts' is required$`),
    },
  ],
  [
    '2.3',
    'a proxy that is not there',
    {
      spec: () => ({ proxySecretRef: { name: 'proxy-gone' } }),
      reason: 'GitOperationFailed',
      message: new RegExp(`^${checkout}unable to list remote for '.*': .*127.0.0.1 port 1`),
    },
  ],
  [
    '2.3',
    'a proxy without an address',
    {
      spec: () => ({ proxySecretRef: { name: 'proxy-half' } }),
      reason: 'AuthenticationFailed',
      message: /^failed to configure proxy options: secret '.*\/proxy-half': key 'address' not found$/,
    },
  ],
  [
    '2.3',
    'an include that is not there',
    {
      spec: () => ({ include: [{ repository: { name: 'none' } }] }),
      reason: 'NotFound',
      message: /^could not get resource for include 'none': /,
    },
  ],
  [
    '2.3',
    'signatures that are missing',
    {
      spec: () => ({ verify: { mode: 'HEAD', secretRef: { name: 'ssh' } } }),
      reason: 'InvalidCommitSignature',
      message:
        /^signature verification of commit '[0-9a-f]{40}' failed: unable to verify Git commit: unable to/,
    },
  ],
  [
    '2.3',
    'an address that is none',
    {
      spec: () => ({ url: 'https://host:port/x' }),
      reason: 'URLInvalid',
      message: /^failed to parse url 'https:\/\/host:port\/x': /,
      stalled: true,
    },
  ],
  [
    '2.3',
    'the provider github without a Secret',
    {
      spec: () => ({ provider: 'github' }),
      reason: 'InvalidProviderConfiguration',
      message: /^secretRef with github app data must be specified when provider is set to github$/,
      stalled: true,
    },
  ],
  [
    '2.3',
    'the check of a tag where there is none',
    {
      spec: () => ({ verify: { mode: 'Tag', secretRef: { name: 'ssh' } } }),
      reason: 'InvalidVerificationMode',
      message: /^cannot verify tag object's signature if a tag reference is not specified$/,
      stalled: true,
    },
  ],
];

describe('the last good artifact stays in use', () => {
  const start: Readonly<Record<Server, () => Promise<[Remote, Partial<Spec>]>>> = {
    http: async () => [await git.repository(), {}],
    locked: async () => [await git.repository(git.locked), secret('robot')],
    ssh: async () => [await ssh.createRepository(`app-${Math.random()}`), secret('ssh')],
  };

  it.each(rows)('flux-compat %s: %s', async (_, __, row) => {
    const [repo, access] = await start[row.on ?? 'http']();
    await repo.commit({ 'app.yaml': '1' });
    const spec: Spec = { url: repo.url, ref: { branch: 'main' }, ...access };
    const name = await git.create(spec);
    const { artifact } = (await git.ready(name)).status!;

    await row.damage?.(repo);
    if (row.spec) await git.apply(name, { ...spec, ...row.spec(repo) });
    else await git.request(name);

    const failed = await git.failing(name, row.reason);
    git.server.setAvailable(true);
    expect(condition(failed, 'Ready')?.message).toMatch(row.message);
    expect(condition(failed, 'Stalled')?.reason).toBe(row.stalled ? row.reason : undefined);
    expect(condition(failed, 'Reconciling')?.reason).toBe(row.stalled ? undefined : 'ProgressingWithRetry');
    expect(failed.status?.artifact).toEqual(artifact);
    expect(condition(failed, 'ArtifactInStorage')?.status).toBe('True');
    expect(await git.agent.artifacts.verify(artifact!)).toBe('ok');
    expect(await git.filesOf(failed)).toEqual(['app.yaml']);
    await git.remove(name);
  });

  it('flux-compat 2.3: a rewritten branch is followed', async () => {
    const repo = await git.repository();
    const first = await repo.commit({ a: '1' });
    await repo.commit({ b: '1' });
    const name = await git.create({ url: repo.url, ref: { branch: 'main' } });
    await git.ready(name);

    const rewritten = await repo.forcePush(first, { c: '1' });

    const object = await git.reconciled(name);
    expect(object.status?.artifact?.revision).toBe(`main@sha1:${rewritten}`);
    expect(condition(object, 'Ready')).toMatchObject({
      status: 'True',
      reason: 'Succeeded',
      message: `stored artifact for revision 'main@sha1:${rewritten}'`,
    });
    expect(await git.filesOf(object)).toEqual(['a', 'c']);
  });
});
