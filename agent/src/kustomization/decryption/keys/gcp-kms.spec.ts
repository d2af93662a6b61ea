import { createVerify, generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MasterKeyOf } from '@flotilla/common/sops/master-key';
import { startFakeService, type FakeService } from '../../../cloud/fake-service.fixture.js';
import { GcpKmsKeys, parseGcpCredentials } from './gcp-kms.js';

const dataKey = Buffer.alloc(32, 7);
const signal = new AbortController().signal;
const now = (): number => Date.UTC(2024, 4, 1, 12);
const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const account = {
  type: 'service_account',
  client_email: 'sops@project.iam.gserviceaccount.com',
  private_key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  private_key_id: 'key-1',
  token_uri: 'https://oauth2.googleapis.com/token',
};
const key: MasterKeyOf<'gcp_kms'> = {
  type: 'gcp_kms',
  resourceId: 'projects/p/locations/global/keyRings/r/cryptoKeys/k',
  encrypted: 'Y2lwaGVy',
};

function claimsOf(assertion: string): Record<string, unknown> {
  const [header = '', claims = '', signature = ''] = assertion.split('.');
  const verify = createVerify('RSA-SHA256').update(`${header}.${claims}`);
  if (!verify.verify(pair.publicKey, signature, 'base64url')) throw new Error('invalid_grant');
  const decode = (part: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  return { ...decode(header), ...decode(claims) };
}

describe('GCP KMS keys (flux-compat 3.4)', () => {
  let google: FakeService;
  let claims: Record<string, unknown>;
  beforeEach(async () => {
    google = await startFakeService(({ host, path, headers, body }) => {
      if (host === 'oauth2.googleapis.com') {
        const form = new URLSearchParams(body);
        if (form.get('refresh_token') === 'refresh') return { body: { access_token: 'ya29.token' } };
        claims = claimsOf(form.get('assertion') ?? '');
        return { body: { access_token: 'ya29.token' } };
      }
      const isRight =
        path === `/v1/${key.resourceId}:decrypt` && headers.authorization === 'Bearer ya29.token';
      if (!isRight) return { status: 403, body: { error: { code: 403, message: 'Permission denied' } } };
      expect(JSON.parse(body)).toEqual({ ciphertext: key.encrypted });
      return { body: { plaintext: dataKey.toString('base64') } };
    });
  });
  afterEach(() => google.stop());

  const keys = (credentials: unknown = account): GcpKmsKeys =>
    new GcpKmsKeys(parseGcpCredentials(JSON.stringify(credentials)), google.send, now);

  it('are decrypted by workload identity where the Secret has no credentials', async () => {
    const services = new GcpKmsKeys(undefined, google.send, now, async () => 'ya29.token');
    expect(Buffer.from(await services.decrypt(key, signal))).toEqual(dataKey);
    expect(google.requests.map(({ host }) => host)).toEqual(['cloudkms.googleapis.com']);
  });

  it('are decrypted with a token for a signed assertion, one for all', async () => {
    const services = keys();
    expect(Buffer.from(await services.decrypt(key, signal))).toEqual(dataKey);
    expect(claims).toMatchObject({
      alg: 'RS256',
      kid: 'key-1',
      iss: account.client_email,
      aud: account.token_uri,
      iat: 1714564800,
      exp: 1714568400,
    });
    expect(claims['scope']).toContain('https://www.googleapis.com/auth/cloudkms');
    await services.decrypt(key, signal);
    expect(google.requests.map(({ host }) => host)).toEqual([
      'oauth2.googleapis.com',
      'cloudkms.googleapis.com',
      'cloudkms.googleapis.com',
    ]);
  });

  it('are decrypted with the credentials of a user', async () => {
    const user = { type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'refresh' };
    expect(Buffer.from(await keys(user).decrypt(key, signal))).toEqual(dataKey);
  });

  it('fail with the message of the service', async () => {
    const other = { ...key, resourceId: 'projects/p/locations/global/keyRings/r/cryptoKeys/other' };
    await expect(keys().decrypt(other, signal)).rejects.toThrow(
      'decryption with GCP KMS failed: status 403: Permission denied',
    );
  });

  it.each<[what: string, credentials: unknown, message: string]>([
    ['a key that is no PEM', { ...account, private_key: 'x' }, 'not an RSA key in PEM'],
    ['another resource', account, 'no valid resource ID'],
  ])('fail with %s', async (_what, credentials, message) => {
    const resourceId = message.includes('resource') ? '../x' : key.resourceId;
    await expect(keys(credentials).decrypt({ ...key, resourceId }, signal)).rejects.toThrow(message);
  });

  it('need credentials', async () => {
    const services = new GcpKmsKeys(undefined, google.send, now);
    await expect(services.decrypt(key, signal)).rejects.toThrow('sops.gcp-kms');
  });

  it.each([
    ['x', 'not JSON'],
    ['{"type": "external_account"}', 'type is neither service_account nor authorized_user'],
    ['{"type": "service_account", "client_email": "a"}', 'private_key is missing'],
  ])('%j are no credentials', (text, message) => {
    expect(() => parseGcpCredentials(text)).toThrow(`failed to read GCP credentials: ${message}`);
  });
});
