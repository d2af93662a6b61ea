// Git over SSH: a real sshd on a free port of loopback, with its own configuration, host key and one trusted user key.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createBareRepository } from './bare-repository.js';
import type { GitRepository } from './git-repository.js';
import { freePort } from './ports.js';
import { ensurePackages } from '../../scripts/rig/debian.mjs';
import { startServerProcess } from './server-process.js';
import { temporaryFolder } from './temporary-folder.js';
import { toolOutput } from './tool.js';

export interface SshKeyPair {
  readonly privateKey: string;
  /** As it stands in authorized_keys. */
  readonly publicKey: string;
}

export interface SshGitServer {
  readonly port: number;
  /** Opens every repository. */
  readonly client: SshKeyPair;
  /** The same key, closed by the passphrase `s3cret phrase`. */
  readonly closedClient: SshKeyPair & { readonly passphrase: string };
  /** A key that the server does not know. */
  readonly stranger: SshKeyPair;
  /** Lines of a known_hosts file for this server. */
  readonly knownHosts: string;
  /** The same address with a host key that is not the server's. */
  readonly wrongKnownHosts: string;
  createRepository(name: string, branch?: string): Promise<GitRepository & { readonly url: string }>;
  /** What sshd has logged. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts sshd as the user who runs the tests. */
export async function startSshGitServer(): Promise<SshGitServer> {
  await ensurePackages(['openssh-server']);
  const folder = temporaryFolder('sshd');
  const at = (name: string): string => join(folder.path, name);
  const [client, stranger, host, otherHost] = await Promise.all(
    ['client', 'stranger', 'host', 'other-host'].map((name) => createSshKey(at(name))),
  );
  const closedClient = await closeKey(at('closed-client'), client!);
  writeFileSync(at('authorized_keys'), `${client!.publicKey}\n`, { mode: 0o600 });
  const port = await freePort();
  const log = at('sshd.log');
  writeFileSync(at('sshd_config'), configuration(port, at));
  // Only root's sshd gives up rights, and it wants this folder for that.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const server = await startServerProcess({
    name: 'sshd',
    command: '/usr/sbin/sshd',
    args: ['-D', '-e', '-f', at('sshd_config')],
    log,
    ready: () => answers(port),
  });
  const line = (key: SshKeyPair): string => `[127.0.0.1]:${port} ${key.publicKey}\n`;
  return {
    port,
    client: client!,
    closedClient,
    stranger: stranger!,
    knownHosts: line(host!),
    wrongKnownHosts: line(otherHost!),
    async createRepository(name, branch) {
      const { path, copy } = await createBareRepository(folder.path, name, branch);
      return { ...copy, url: `ssh://${userInfo().username}@127.0.0.1:${port}${path}` };
    },
    log: () => readFileSync(log, 'utf8'),
    async stop() {
      await server.stop();
      folder.remove();
    },
  };
}

/** Makes a key with ssh-keygen; `type` as ssh-keygen knows it. */
export async function createSshKey(file: string, type = 'ed25519', bits?: number): Promise<SshKeyPair> {
  await ensurePackages(['openssh-client']);
  const size = bits === undefined ? [] : ['-b', String(bits)];
  await toolOutput('ssh-keygen', ['-q', '-t', type, ...size, '-N', '', '-C', 'test', '-f', file]);
  return { privateKey: readFileSync(file, 'utf8'), publicKey: readFileSync(`${file}.pub`, 'utf8').trim() };
}

async function closeKey(file: string, key: SshKeyPair): Promise<SshGitServer['closedClient']> {
  const passphrase = 's3cret phrase';
  writeFileSync(file, key.privateKey, { mode: 0o600 });
  await toolOutput('ssh-keygen', ['-q', '-p', '-P', '', '-N', passphrase, '-f', file]);
  return { ...key, privateKey: readFileSync(file, 'utf8'), passphrase };
}

function configuration(port: number, at: (name: string) => string): string {
  const lines = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${at('host')}`,
    `PidFile ${at('sshd.pid')}`,
    `AuthorizedKeysFile ${at('authorized_keys')}`,
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'StrictModes no',
    'UsePAM no',
    'LogLevel VERBOSE',
    'SetEnv GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null',
  ];
  return `${lines.join('\n')}\n`;
}

/** sshd says its name to whoever connects. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('data', (data) => {
      resolve(data.toString('latin1').startsWith('SSH-'));
      socket.destroy();
    });
    socket.once('error', () => undefined);
    socket.once('close', () => resolve(false));
  });
}
