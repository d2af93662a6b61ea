import { describe, expect, it } from 'vitest';
import { recoverDataKey } from './data-key.js';
import type { KeyService } from './key-service.js';
import type { MasterKey } from './master-key.js';
import { newDataKey, splitSecret } from './sops-encryptor.fixture.js';

const signal = new AbortController().signal;
const age = (recipient: string, part?: Uint8Array): MasterKey => ({
  type: 'age',
  recipient,
  encrypted: part ? Buffer.from(part).toString('hex') : 'closed',
});
const kms = (part: Uint8Array): MasterKey => ({
  type: 'kms',
  arn: 'arn:1',
  context: {},
  encrypted: Buffer.from(part).toString('hex'),
});

/** Opens what is hexadecimal, and remembers what it was asked for. */
class Services implements KeyService {
  readonly asked: string[] = [];

  canDecrypt({ type }: MasterKey): boolean {
    return type === 'age' || type === 'kms';
  }

  decrypt({ type, encrypted }: MasterKey): Promise<Uint8Array> {
    this.asked.push(type);
    if (encrypted === 'closed') return Promise.reject(new Error('not for me'));
    return Promise.resolve(new Uint8Array(Buffer.from(encrypted, 'hex')));
  }
}

describe('recoverDataKey', () => {
  const dataKey = newDataKey();

  it('takes the first key of a group that can be decrypted', async () => {
    const metadata = { keyGroups: [[age('a'), age('b', dataKey), age('c', dataKey)]], shamirThreshold: 0 };
    const services = new Services();
    expect(await recoverDataKey(metadata, [services], signal)).toEqual(dataKey);
    expect(services.asked).toHaveLength(2);
  });

  it('tries local keys before services on the network', async () => {
    const services = new Services();
    await recoverDataKey(
      { keyGroups: [[kms(dataKey), age('a', dataKey)]], shamirThreshold: 0 },
      [services],
      signal,
    );
    expect(services.asked).toEqual(['age']);
  });

  it('puts the parts of as many groups together as the threshold says', async () => {
    const [one, , three] = splitSecret(dataKey, 3, 2);
    const keyGroups = [[age('a', one)], [age('b')], [age('c'), age('d', three)]];
    expect(await recoverDataKey({ keyGroups, shamirThreshold: 2 }, [new Services()], signal)).toEqual(
      dataKey,
    );
  });

  it.each<[what: string, threshold: number, text: string]>([
    ['the threshold', 2, 'parts of 2 key groups are needed, 1 could be decrypted'],
    ['all of them, when there is none', 0, 'parts of 3 key groups are needed, 1 could be decrypted'],
  ])('names every key when fewer groups can be decrypted than %s', async (_what, shamirThreshold, text) => {
    const [one] = splitSecret(dataKey, 3, 2);
    const keyGroups = [[age('a', one)], [age('b')], [age('c')]];
    const failed = recoverDataKey({ keyGroups, shamirThreshold }, [new Services()], signal);
    await expect(failed).rejects.toThrow(
      `Failed to get the data key required to decrypt the SOPS file: ${text}.\n\nGroup 0: SUCCESS\n\nGroup 1: FAILED\n  b: FAILED\n    - | not for me\n\nGroup 2: FAILED\n  c: FAILED\n    - | not for me`,
    );
  });

  it('says when nobody knows keys of a type', async () => {
    const key: MasterKey = { type: 'gcp_kms', resourceId: 'projects/x', encrypted: 'x' };
    const failed = recoverDataKey({ keyGroups: [[key]], shamirThreshold: 0 }, [new Services()], signal);
    await expect(failed).rejects.toThrow(
      'projects/x: FAILED\n    - | no key service for keys of type gcp_kms',
    );
  });

  it('does not call a cancelled request a failed key', async () => {
    const abort = new AbortController();
    abort.abort(new Error('stopped'));
    const failed = recoverDataKey(
      { keyGroups: [[age('a')]], shamirThreshold: 0 },
      [new Services()],
      abort.signal,
    );
    await expect(failed).rejects.toThrow('stopped');
  });
});
