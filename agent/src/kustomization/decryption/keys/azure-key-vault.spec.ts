import 'reflect-metadata';
import { createHash, createVerify, webcrypto, X509Certificate } from 'node:crypto';
import { X509CertificateGenerator } from '@peculiar/x509';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MasterKeyOf } from '@flotilla/common/sops/master-key';
import { parseAzureCredentials } from './azure-credentials.js';
import { AzureKeyVaultKeys } from './azure-key-vault.js';
import { startFakeService, type FakeService } from '../../../cloud/fake-service.fixture.js';

const dataKey = Buffer.alloc(32, 8);
const signal = new AbortController().signal;
const now = (): number => Date.UTC(2024, 4, 1, 12);
const key: MasterKeyOf<'azure_kv'> = {
  type: 'azure_kv',
  vaultUrl: 'https://team.vault.azure.net',
  name: 'sops',
  version: 'abc',
  encrypted: 'Y2lwaGVy',
};
const application = { tenantId: 'tenant', clientId: 'client', clientSecret: 'hidden' };

async function selfSigned(): Promise<string> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: 'SHA-256',
  };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    { name: 'CN=sops', keys: keys as never, signingAlgorithm: algorithm },
    webcrypto as never,
  );
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return `${certificate.toString('pem')}\n-----BEGIN PRIVATE KEY-----\n${der.replaceAll(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
}

describe('Azure Key Vault keys (flux-compat 3.4)', () => {
  let azure: FakeService;
  let pem: string;
  beforeAll(async () => {
    pem = await selfSigned();
  });

  function isKnown(form: URLSearchParams, audience: string): boolean {
    if (form.has('client_secret')) return form.get('client_secret') === 'hidden';
    const [header = '', claims = '', signature = ''] = (form.get('client_assertion') ?? '').split('.');
    const certificate = new X509Certificate(pem);
    const decode = (part: string): Record<string, unknown> =>
      JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
    expect(decode(header)['x5t']).toBe(createHash('sha1').update(certificate.raw).digest('base64url'));
    expect(decode(claims)).toMatchObject({ aud: audience, iss: 'client', sub: 'client', exp: 1714565400 });
    return createVerify('RSA-SHA256')
      .update(`${header}.${claims}`)
      .verify(certificate.publicKey, signature, 'base64url');
  }

  beforeEach(async () => {
    azure = await startFakeService(({ host, path, headers, body }) => {
      if (path.endsWith('/oauth2/v2.0/token')) {
        const form = new URLSearchParams(body);
        if (!isKnown(form, `https://${host}${path}`)) {
          return { status: 401, body: { error: 'invalid_client', error_description: 'AADSTS7000215' } };
        }
        return { body: { access_token: `token for ${form.get('scope')}` } };
      }
      if (headers.authorization !== 'Bearer token for https://vault.azure.net/.default') {
        return { status: 401, body: { error: { code: 'Unauthorized', message: 'wrong token' } } };
      }
      expect(path).toBe('/keys/sops/abc/decrypt?api-version=7.4');
      expect(JSON.parse(body)).toEqual({ alg: 'RSA-OAEP-256', value: key.encrypted });
      return { body: { kid: 'x', value: dataKey.toString('base64url') } };
    });
  });
  afterEach(() => azure.stop());

  it('are decrypted by workload identity where the Secret has no credentials, with a token for the vault', async () => {
    const identity = async (scope: string): Promise<string> => `token for ${scope}`;
    const services = new AzureKeyVaultKeys(undefined, azure.send, now, identity);
    expect(Buffer.from(await services.decrypt(key, signal))).toEqual(dataKey);
    const stranger = { ...key, vaultUrl: 'https://team.vault.azure.net.example.com' };
    await expect(services.decrypt(stranger, signal)).rejects.toThrow('status 401');
    expect(azure.requests.at(-1)?.headers.authorization).toBe(
      'Bearer token for https://vault.azure.net.example.com/.default',
    );
  });

  const keys = (credentials: Record<string, string>): AzureKeyVaultKeys =>
    new AzureKeyVaultKeys(parseAzureCredentials(JSON.stringify(credentials)), azure.send, now);

  it('are decrypted with a token for the client secret, one for all', async () => {
    const services = keys(application);
    expect(Buffer.from(await services.decrypt(key, signal))).toEqual(dataKey);
    await services.decrypt(key, signal);
    expect(azure.requests.map(({ host, path }) => `${host}${path}`)).toEqual([
      'login.microsoftonline.com/tenant/oauth2/v2.0/token',
      'team.vault.azure.net/keys/sops/abc/decrypt?api-version=7.4',
      'team.vault.azure.net/keys/sops/abc/decrypt?api-version=7.4',
    ]);
  });

  it('are decrypted with the fields that az writes, at another authority', async () => {
    const authorityHost = 'https://login.example.com/';
    const services = keys({ tenant: 'tenant', appId: 'client', password: 'hidden', authorityHost });
    expect(Buffer.from(await services.decrypt(key, signal))).toEqual(dataKey);
    expect(azure.requests[0]?.host).toBe('login.example.com');
  });

  it('are decrypted with a client certificate', async () => {
    const services = keys({ tenantId: 'tenant', clientId: 'client', clientCertificate: pem });
    expect(Buffer.from(await services.decrypt(key, signal))).toEqual(dataKey);
  });

  it('fail with the message of the service, which holds no secret', async () => {
    const failed = keys({ ...application, clientSecret: 'wrong' }).decrypt(key, signal);
    await expect(failed).rejects.toThrow('login to Azure failed: status 401: invalid_client: AADSTS7000215');
  });

  it('send no token of the vaults to a stranger', async () => {
    const failed = keys(application).decrypt({ ...key, vaultUrl: 'https://vault.example.org' }, signal);
    await expect(failed).rejects.toThrow('status 401');
    expect(azure.requests.at(-1)?.headers.authorization).toBe(
      'Bearer token for https://example.org/.default',
    );
    await expect(
      keys(application).decrypt({ ...key, vaultUrl: 'http://x.vault.azure.net' }, signal),
    ).rejects.toThrow('not the https address of a key vault');
  });

  it('need credentials', async () => {
    const services = new AzureKeyVaultKeys(undefined, azure.send, now);
    await expect(services.decrypt(key, signal)).rejects.toThrow('sops.azure-kv');
  });

  it.each([
    ['clientId: a', "requires 'tenantId', 'clientId' and 'clientSecret'"],
    ['[]', 'not a mapping'],
    [
      '{tenantId: a, clientId: b, clientCertificate: c, clientCertificatePassword: d}',
      'clientCertificatePassword',
    ],
  ])('%j are no credentials', (text, message) => {
    expect(() => parseAzureCredentials(text)).toThrow(message);
  });
});
