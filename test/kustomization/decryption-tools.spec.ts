// Data keys that the real age and gpg have encrypted, as SOPS has them done.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgeKeys, parseAgeIdentities } from '@flotilla/agent/kustomization/decryption/keys/age-keys';
import { parsePgpKeys, PgpKeys } from '@flotilla/agent/kustomization/decryption/keys/pgp-keys';
import { runProgram } from '@flotilla/agent/exec/run-program';
import { ensurePackages } from '../../scripts/rig/debian.mjs';

const dataKey = Buffer.from(Array.from({ length: 32 }, (_, index) => 255 - index));

let folder: string;
beforeAll(async () => {
  await ensurePackages(['age', 'gnupg']);
  folder = mkdtempSync(path.join(tmpdir(), 'decryption-tools-'));
});
afterAll(async () => {
  await gpgconf().catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
});

async function run(program: string, args: string[], stdin: Uint8Array | string = ''): Promise<Buffer> {
  const env = { GNUPGHOME: folder };
  const { stdout } = await runProgram(program, { args, stdin, env, cwd: folder, timeoutMs: 60_000 });
  return stdout;
}

/** Ends the agent that gpg has started in the folder. */
const gpgconf = (): Promise<Buffer> => run('gpgconf', ['--kill', 'all']);

describe('a data key', () => {
  it('of the age program is decrypted', async () => {
    const file = path.join(folder, 'team.agekey');
    await run('age-keygen', ['-o', file]);
    const recipient = (await run('age-keygen', ['-y', file])).toString().trim();
    const encrypted = (await run('age', ['-a', '-r', recipient], dataKey)).toString();

    const keys = new AgeKeys(await parseAgeIdentities(readFileSync(file, 'utf8')));
    expect(Buffer.from(await keys.decrypt({ type: 'age', recipient, encrypted }))).toEqual(dataKey);
  });

  it.each([
    ['rsa', 'Key-Type: RSA\nKey-Length: 2048\nSubkey-Type: RSA\nSubkey-Length: 2048\n'],
    [
      'ed25519 with cv25519',
      'Key-Type: EDDSA\nKey-Curve: ed25519\nSubkey-Type: ECDH\nSubkey-Curve: cv25519\n',
    ],
    ['rsa that has expired', 'Key-Type: RSA\nKey-Length: 2048\nSubkey-Type: RSA\nSubkey-Length: 2048\n'],
  ])('of gpg with a key of %s is decrypted', async (kind, parameters) => {
    const name = `${kind.replaceAll(' ', '-')}@example.com`;
    const hasExpired = kind.includes('expired');
    const expiry = hasExpired
      ? 'Creation-Date: 20200101T000000\nExpire-Date: 20200201T000000\n'
      : 'Expire-Date: 0\n';
    writeFileSync(
      path.join(folder, 'key'),
      `%no-protection\n${parameters}Name-Email: ${name}\n${expiry}%commit\n`,
    );
    const past = hasExpired ? ['--faked-system-time', '20200115T000000'] : [];
    await run('gpg', ['--batch', ...past, '--generate-key', 'key']);
    const listing = (await run('gpg', ['--batch', '--with-colons', '--list-keys', name])).toString();
    const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(listing)?.[1] ?? '';
    const options = ['--batch', '--armor', '--trust-model', 'always', '--no-encrypt-to', ...past];
    const encrypted = (await run('gpg', [...options, '-r', fingerprint, '--encrypt'], dataKey)).toString();
    const armored = (
      await run('gpg', ['--batch', '--armor', '--export-secret-keys', fingerprint])
    ).toString();

    const keys = new PgpKeys(await parsePgpKeys(armored));
    expect(Buffer.from(await keys.decrypt({ type: 'pgp', fingerprint, encrypted }))).toEqual(dataKey);
  });
});
