import type { PrivateKey } from 'openpgp';
import type { KeyService } from '@flotilla/common/sops/key-service';
import type { MasterKey } from '@flotilla/common/sops/master-key';

const privateBlock = /-----BEGIN PGP PRIVATE KEY BLOCK-----.*?-----END PGP PRIVATE KEY BLOCK-----/gs;

/**
 * Reads armored OpenPGP private keys; public ones between them are left out. They must not be protected by a passphrase: nobody is there to type it.
 * @throws Error that quotes nothing
 */
export async function parsePgpKeys(armored: string): Promise<PrivateKey[]> {
  const { readPrivateKeys } = await import('openpgp');
  const blocks = armored.match(privateBlock) ?? [];
  if (blocks.length === 0) throw new Error('there is no armored OpenPGP private key');
  const read = blocks.map((armoredKeys) =>
    readPrivateKeys({ armoredKeys }).catch((error: unknown) => {
      throw new Error('the armored OpenPGP private key is damaged', { cause: error });
    }),
  );
  const keys = (await Promise.all(read)).flat();
  if (keys.some((key) => !key.isDecrypted())) {
    throw new Error('the OpenPGP private key is protected by a passphrase, export it without one');
  }
  return keys;
}

/** Decrypts data keys with OpenPGP private keys. */
export class PgpKeys implements KeyService {
  constructor(readonly keys: readonly PrivateKey[]) {}

  canDecrypt(key: MasterKey): boolean {
    return key.type === 'pgp';
  }

  async decrypt(key: MasterKey): Promise<Uint8Array> {
    if (this.keys.length === 0) {
      throw new Error('no OpenPGP keys: the decryption Secret has no key that ends in .asc');
    }
    const { decrypt, readMessage } = await import('openpgp');
    try {
      const message = await readMessage({ armoredMessage: key.encrypted.trim() });
      const { data } = await decrypt({ message, decryptionKeys: [...this.keys], format: 'binary' });
      return data;
    } catch (error) {
      throw new Error(`failed to decrypt sops data key with PGP: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}
