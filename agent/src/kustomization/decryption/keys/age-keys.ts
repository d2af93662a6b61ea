import type { KeyService } from '@flotilla/common/sops/key-service';
import type { MasterKey } from '@flotilla/common/sops/master-key';

const identityLine = /^AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]+$/;

/**
 * Reads a file of age identities: one a line, empty lines and comments between them; X25519 and post-quantum ones.
 * @throws Error that names the line and quotes nothing
 */
export async function parseAgeIdentities(text: string): Promise<string[]> {
  // Loaded when needed: most clusters use one kind of key.
  const { Decrypter } = await import('age-encryption');
  const identities: string[] = [];
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    const where = `failed to parse and add to age identities: line ${index + 1}`;
    if (line.startsWith('AGE-PLUGIN-')) throw new Error(`${where}: plugins are not supported`);
    if (!identityLine.test(line)) throw new Error(`${where} is no age identity`);
    try {
      new Decrypter().addIdentity(line);
    } catch {
      throw new Error(`${where} is a damaged age identity`);
    }
    identities.push(line);
  });
  return identities;
}

/** Decrypts data keys with age identities. */
export class AgeKeys implements KeyService {
  constructor(readonly identities: readonly string[]) {}

  canDecrypt(key: MasterKey): boolean {
    return key.type === 'age';
  }

  async decrypt(key: MasterKey): Promise<Uint8Array> {
    if (this.identities.length === 0) {
      throw new Error('no age identities: the decryption Secret has no key that ends in .agekey');
    }
    const { Decrypter, armor } = await import('age-encryption');
    const decrypter = new Decrypter();
    for (const identity of this.identities) decrypter.addIdentity(identity);
    try {
      return await decrypter.decrypt(armor.decode(key.encrypted.trim()));
    } catch (error) {
      throw new Error(`failed to decrypt sops data key with age: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}
