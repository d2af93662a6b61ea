import { createMessage, encrypt, generateKey, readKey } from 'openpgp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { MasterKeyOf } from '@flotilla/common/sops/master-key';
import { parsePgpKeys, PgpKeys } from './pgp-keys.js';

const dataKey = new Uint8Array(32).fill(9);

interface Pair {
  privateKey: string;
  publicKey: string;
}

async function newPair(passphrase?: string): Promise<Pair> {
  const { privateKey, publicKey } = await generateKey({
    userIDs: [{ name: 'test' }],
    type: 'ecc',
    format: 'armored',
    ...(passphrase ? { passphrase } : {}),
  });
  return { privateKey, publicKey };
}

async function encryptFor({ publicKey }: Pair): Promise<MasterKeyOf<'pgp'>> {
  const encryptionKeys = await readKey({ armoredKey: publicKey });
  const message = await createMessage({ binary: dataKey });
  const encrypted = await encrypt({ message, encryptionKeys });
  return { type: 'pgp', fingerprint: encryptionKeys.getFingerprint().toUpperCase(), encrypted };
}

describe('OpenPGP keys (flux-compat 3.4)', () => {
  let one: Pair;
  let two: Pair;
  beforeAll(async () => {
    [one, two] = await Promise.all([newPair(), newPair()]);
  });

  it('decrypt with any of several blocks, public ones between them', async () => {
    const keys = new PgpKeys(await parsePgpKeys([one.privateKey, one.publicKey, two.privateKey].join('\n')));
    expect(await keys.decrypt(await encryptFor(two))).toEqual(dataKey);
    expect(await keys.decrypt(await encryptFor(one))).toEqual(dataKey);
  });

  it('say so when no key fits', async () => {
    const keys = new PgpKeys(await parsePgpKeys(one.privateKey));
    await expect(keys.decrypt(await encryptFor(two))).rejects.toThrow(
      'failed to decrypt sops data key with PGP: ',
    );
  });

  it('name the key of the Secret that is missing', async () => {
    await expect(new PgpKeys([]).decrypt(await encryptFor(one))).rejects.toThrow('.asc');
  });

  it.each<[what: string, text: () => Promise<string> | string, message: string]>([
    ['a public key', () => one.publicKey, 'there is no armored OpenPGP private key'],
    ['a key behind a passphrase', async () => (await newPair('x')).privateKey, 'protected by a passphrase'],
    ['a damaged key', () => one.privateKey.replace(/\n\n./, '\n\n*'), 'private key is damaged'],
  ])('refuse %s', async (_what, text, message) => {
    await expect(parsePgpKeys(await text())).rejects.toThrow(message);
  });
});
