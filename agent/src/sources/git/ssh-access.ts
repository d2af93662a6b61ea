import type { SshCredentials } from './credentials.js';
import type { PrivateFile, PrivateFiles } from './private-files.js';

/** --ssh-kex-algos and --ssh-hostkey-algos; empty = what OpenSSH thinks right. */
export interface SshAlgorithms {
  keyExchange?: readonly string[];
  hostKeys?: readonly string[];
}

const passphraseVariable = 'FLOTILLA_SSH_PASSPHRASE';

/** What ssh takes as files: the key, the known hosts, and the program that tells it the passphrase. */
export function sshFiles(ssh: SshCredentials): Record<string, PrivateFile> {
  // OpenSSH refuses a key whose last line does not end.
  const lines = (text: string): string => `${text.replaceAll('\r\n', '\n').trimEnd()}\n`;
  return {
    identity: { text: lines(ssh.identity) },
    known_hosts: { text: lines(ssh.knownHosts) },
    ...(ssh.passphrase
      ? { askpass: { text: `#!/bin/sh\nprintf '%s\\n' "$${passphraseVariable}"\n`, executable: true } }
      : {}),
  };
}

/** The environment in which git reaches a server over SSH with these credentials and no others (flux-compat 2.3). */
export function sshEnvironment(
  ssh: SshCredentials,
  files: PrivateFiles,
  algorithms: SshAlgorithms,
): Record<string, string> {
  const options = { ...fixedOptions, ...sshOptions(ssh, files, algorithms) };
  const words = ['ssh', '-F', '/dev/null'];
  for (const [name, value] of Object.entries(options)) words.push('-o', `${name}=${value}`);
  return {
    GIT_SSH_COMMAND: words.map(shellWord).join(' '),
    GIT_SSH_VARIANT: 'ssh',
    ...(ssh.passphrase
      ? {
          SSH_ASKPASS: files.pathOf('askpass'),
          SSH_ASKPASS_REQUIRE: 'force',
          [passphraseVariable]: ssh.passphrase,
        }
      : {}),
  };
}

/** Nothing of the machine's or the user's configuration, no agent, no question to a terminal, no forwarding. */
const fixedOptions = {
  CheckHostIP: 'no',
  ClearAllForwardings: 'yes',
  ControlMaster: 'no',
  ControlPath: 'none',
  ForwardAgent: 'no',
  GlobalKnownHostsFile: '/dev/null',
  IdentitiesOnly: 'yes',
  IdentityAgent: 'none',
  // Below this level ssh does not say why the two sides cannot agree on algorithms.
  LogLevel: 'INFO',
  NumberOfPasswordPrompts: '1',
  PermitLocalCommand: 'no',
  PreferredAuthentications: 'publickey',
  ServerAliveCountMax: '3',
  ServerAliveInterval: '15',
  StrictHostKeyChecking: 'yes',
  UpdateHostKeys: 'no',
} as const;

function sshOptions(
  ssh: SshCredentials,
  files: PrivateFiles,
  { keyExchange = [], hostKeys = [] }: SshAlgorithms,
): Record<string, string> {
  return {
    IdentityFile: fileName(files.pathOf('identity')),
    UserKnownHostsFile: fileName(files.pathOf('known_hosts')),
    // Batch mode would keep ssh from asking for the passphrase, even by a program.
    BatchMode: ssh.passphrase ? 'no' : 'yes',
    ...(keyExchange.length > 0 ? { KexAlgorithms: keyExchange.join(',') } : {}),
    ...(hostKeys.length > 0 ? { HostKeyAlgorithms: hostKeys.join(',') } : {}),
  };
}

/** ssh splits values at blanks and expands %-tokens in file names. */
function fileName(file: string): string {
  return `"${file.replaceAll('%', '%%')}"`;
}

/** git hands the command to a shell. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
