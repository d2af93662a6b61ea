import {
  armor,
  Encrypter,
  generateHybridIdentity,
  generateIdentity,
  identityToRecipient,
} from 'age-encryption';
import { describe, expect, it } from 'vitest';
import type { MasterKeyOf } from '@flotilla/common/sops/master-key';
import { AgeKeys, parseAgeIdentities } from './age-keys.js';

const dataKey = new Uint8Array(32).fill(3);

async function encryptFor(...identities: string[]): Promise<MasterKeyOf<'age'>> {
  const encrypter = new Encrypter();
  const recipients = await Promise.all(identities.map((identity) => identityToRecipient(identity)));
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const encrypted = armor.encode(await encrypter.encrypt(dataKey));
  return { type: 'age', recipient: recipients[0]!, encrypted: `${encrypted}\n` };
}

describe('age keys (flux-compat 3.4)', () => {
  it('decrypt with any of several identities, between comments', async () => {
    const [one, two] = await Promise.all([generateIdentity(), generateIdentity()]);
    const identities = await parseAgeIdentities(`# created: today\n${one}\r\n\n# another\n${two}\n`);
    expect(identities).toHaveLength(2);
    expect(await new AgeKeys(identities).decrypt(await encryptFor(two))).toEqual(dataKey);
  });

  it('decrypt with a post-quantum identity', async () => {
    const identity = await generateHybridIdentity();
    expect(identity).toMatch(/^AGE-SECRET-KEY-PQ-1/);
    const keys = new AgeKeys(await parseAgeIdentities(identity));
    expect(await keys.decrypt(await encryptFor(identity))).toEqual(dataKey);
  });

  it('say so when no identity fits', async () => {
    const keys = new AgeKeys([await generateIdentity()]);
    await expect(keys.decrypt(await encryptFor(await generateIdentity()))).rejects.toThrow(
      "failed to decrypt sops data key with age: no identity matched any of the file's recipients",
    );
  });

  it('name the key of the Secret that is missing', async () => {
    await expect(new AgeKeys([]).decrypt(await encryptFor(await generateIdentity()))).rejects.toThrow(
      '.agekey',
    );
  });

  it.each([
    [
      'a recipient',
      'age1l44xcng8dqj32nlv6d930qvvrny05hglzcv9qpc7kxjc6902ma4qufys29',
      'line 2 is no age identity',
    ],
    ['a plugin', 'AGE-PLUGIN-YUBIKEY-1XYZ', 'line 2: plugins are not supported'],
    ['a damaged identity', 'AGE-SECRET-KEY-1QQQQQQQQ', 'line 2 is a damaged age identity'],
  ])('refuse %s without quoting it', async (_what, line, message) => {
    const failed = parseAgeIdentities(`# keys\n${line}`);
    await expect(failed).rejects.toThrow(`failed to parse and add to age identities: ${message}`);
    await expect(failed).rejects.not.toThrow(line);
  });
});
