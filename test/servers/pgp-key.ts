// PGP keys made by GnuPG, and git told to sign with them.
import { ensurePackages } from '../../scripts/rig/debian.mjs';
import { isolatedGitEnv } from './git-repository.js';
import { temporaryFolder } from './temporary-folder.js';
import { toolOutput } from './tool.js';

export interface PgpKey {
  /** 16 hex digits of the primary key. */
  readonly id: string;
  /** Armored public key. */
  readonly publicKey: string;
  /** Runs git with what it needs to sign with this key. */
  git(folder: string, ...args: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

/** Makes a key without passphrase; `algorithm` and `expires` as `gpg --quick-generate-key` takes them. */
export async function createPgpKey(algorithm = 'ed25519', expires = 'never'): Promise<PgpKey> {
  await ensurePackages(['gnupg']);
  const folder = temporaryFolder('pgp');
  const env = { ...isolatedGitEnv, GNUPGHOME: folder.path };
  const gpg = (...args: string[]): Promise<string> =>
    toolOutput('gpg', ['--batch', '--quiet', ...args], { env });
  const user = 'Test <test@example.test>';
  await gpg('--passphrase', '', '--quick-generate-key', user, algorithm, 'sign', expires);
  const listed = await gpg('--list-keys', '--with-colons');
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed)![1]!;
  return {
    id: fingerprint.slice(-16),
    publicKey: await gpg('--armor', '--export', fingerprint),
    async git(cwd, ...args) {
      return (
        await toolOutput('git', ['-c', `user.signingKey=${fingerprint}`, ...args], { cwd, env })
      ).trim();
    },
    async remove() {
      // gpg starts an agent that would outlive the test.
      await toolOutput('gpgconf', ['--kill', 'all'], { env });
      folder.remove();
    },
  };
}
