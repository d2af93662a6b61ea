import { createHash, randomUUID, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { parseYaml } from '@flotilla/common/yaml/parse';
import { signJwt } from './sign-jwt.js';

/** An application in Azure's directory and how it proves that it is itself. */
export interface AzureCredentials {
  /** `https://login.microsoftonline.com` unless the credentials say otherwise. */
  authority: string;
  tenant: string;
  client: string;
  proof: { secret: string } | { certificate: string };
}

const text = z.string().optional().default('');
const File = z.object({
  tenantId: text,
  clientId: text,
  clientSecret: text,
  clientCertificate: text,
  clientCertificatePassword: text,
  authorityHost: text,
  tenant: text,
  appId: text,
  password: text,
});

/** Reads the key `sops.azure-kv` of the decryption Secret: YAML or JSON. @throws Error that names the fields */
export function parseAzureCredentials(content: string): AzureCredentials {
  const parsed = File.safeParse(parseYaml(content.replace(/^\ufeff/, '')));
  if (!parsed.success) throw new Error('failed to read Azure credentials: not a mapping of texts');
  const file = parsed.data;
  const authority = (file.authorityHost || 'https://login.microsoftonline.com').replace(/\/+$/, '');
  if (file.tenantId && file.clientId && file.clientSecret) {
    return { authority, tenant: file.tenantId, client: file.clientId, proof: { secret: file.clientSecret } };
  }
  if (file.tenantId && file.clientId && file.clientCertificate) {
    if (file.clientCertificatePassword) {
      throw new Error('failed to read Azure credentials: clientCertificatePassword is not supported');
    }
    const proof = { certificate: file.clientCertificate };
    return { authority, tenant: file.tenantId, client: file.clientId, proof };
  }
  if (file.tenant && file.appId && file.password) {
    return { authority, tenant: file.tenant, client: file.appId, proof: { secret: file.password } };
  }
  throw new Error(
    "invalid data: requires 'tenantId', 'clientId' and 'clientSecret', or 'tenantId', 'clientId' and 'clientCertificate', or 'tenant', 'appId' and 'password'; a managed identity ('clientId' alone) is not supported yet",
  );
}

const assertionSeconds = 600;

/** The form that asks for a token. `now` is in milliseconds. @throws Error when the certificate cannot be used */
export function tokenForm(
  credentials: AzureCredentials,
  scope: string,
  tokenUrl: string,
  now: number,
): Record<string, string> {
  const { client, proof } = credentials;
  const form = { grant_type: 'client_credentials', client_id: client, scope };
  if ('secret' in proof) return { ...form, client_secret: proof.secret };
  const issuedAt = Math.floor(now / 1000);
  const claims = {
    aud: tokenUrl,
    iss: client,
    sub: client,
    jti: randomUUID(),
    nbf: issuedAt,
    exp: issuedAt + assertionSeconds,
  };
  return {
    ...form,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: signJwt({ x5t: thumbprintOf(proof.certificate) }, claims, proof.certificate),
  };
}

/** The PEM holds the certificate and its private key. */
function thumbprintOf(pem: string): string {
  try {
    return createHash('sha1').update(new X509Certificate(pem).raw).digest('base64url');
  } catch (error) {
    throw new Error('clientCertificate of the Azure credentials is not a certificate in PEM', {
      cause: error,
    });
  }
}
