import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MasterKeyOf } from '@flotilla/common/sops/master-key';
import { startFakeService, type FakeService } from '../../../cloud/fake-service.fixture.js';
import { sendHttp } from '../../../cloud/http-json.js';
import { VaultKeys } from './vault-keys.js';

const dataKey = Buffer.alloc(32, 5);
const signal = new AbortController().signal;

describe('Vault keys (flux-compat 3.4)', () => {
  let vault: FakeService;
  beforeEach(async () => {
    vault = await startFakeService(({ method, path, headers, body }) => {
      if (headers['x-vault-token'] !== 's.token')
        return { status: 403, body: { errors: ['permission denied'] } };
      const { ciphertext } = JSON.parse(body) as { ciphertext: string };
      const isRight =
        method === 'PUT' && path === '/v1/sops/team/decrypt/key%20one' && ciphertext === 'vault:v1:abc';
      if (!isRight) return { status: 400, body: { errors: ['invalid ciphertext'] } };
      return { body: { data: { plaintext: dataKey.toString('base64') } } };
    });
  });
  afterEach(() => vault.stop());

  const key = (encrypted = 'vault:v1:abc'): MasterKeyOf<'hc_vault'> => ({
    type: 'hc_vault',
    address: `${vault.url}/`,
    enginePath: 'sops/team/',
    keyName: 'key one',
    encrypted,
  });

  it('are decrypted by the transit engine', async () => {
    expect(Buffer.from(await new VaultKeys('s.token', sendHttp).decrypt(key(), signal))).toEqual(dataKey);
  });

  it.each<[what: string, token: string | undefined, encrypted: string, message: string]>([
    [
      'another token',
      's.other',
      'vault:v1:abc',
      'decryption with Vault failed: status 403: permission denied',
    ],
    ['another text', 's.token', 'vault:v1:x', 'decryption with Vault failed: status 400: invalid ciphertext'],
    ['no token', undefined, 'vault:v1:abc', 'no key sops.vault-token'],
  ])('fail with %s, and the message holds no token', async (_what, token, encrypted, message) => {
    const failed = new VaultKeys(token, sendHttp).decrypt(key(encrypted), signal);
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.not.toThrow(/s\.(token|other)/);
  });

  it('say which host does not answer', async () => {
    const { url } = vault;
    await vault.stop();
    const failed = new VaultKeys('s.token', sendHttp).decrypt({ ...key(), address: url }, signal);
    await expect(failed).rejects.toThrow(`request to ${new URL(url).host} failed: `);
    vault = await startFakeService(() => ({ body: {} }));
  });

  it('do not follow an answer that leads elsewhere', async () => {
    const other = await startFakeService(() => ({ status: 307, body: '' }));
    const failed = new VaultKeys('s.token', sendHttp).decrypt({ ...key(), address: other.url }, signal);
    await expect(failed).rejects.toThrow('status 307');
    expect(other.requests).toHaveLength(1);
    await other.stop();
  });
});
