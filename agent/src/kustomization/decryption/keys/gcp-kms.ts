import { z } from 'zod';
import type { KeyService } from '@flotilla/common/sops/key-service';
import type { MasterKey, MasterKeyOf } from '@flotilla/common/sops/master-key';
import { fieldsOf, textField, type SendHttp } from '../../../cloud/http-json.js';
import { signJwt } from './sign-jwt.js';

const googleTokenUri = 'https://oauth2.googleapis.com/token';

const ServiceAccount = z.object({
  type: z.literal('service_account'),
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string().optional(),
  token_uri: z.url().default(googleTokenUri),
});
const User = z.object({
  type: z.literal('authorized_user'),
  client_id: z.string(),
  client_secret: z.string(),
  refresh_token: z.string(),
});
const Credentials = z.discriminatedUnion('type', [ServiceAccount, User]);

export type GcpCredentials = z.infer<typeof Credentials>;

/** Reads the key `sops.gcp-kms` of the decryption Secret. @throws Error that names the field */
export function parseGcpCredentials(text: string): GcpCredentials {
  let value: unknown;
  try {
    value = JSON.parse(text.trim());
  } catch {
    throw new Error('failed to read GCP credentials: not JSON');
  }
  const parsed = Credentials.safeParse(value);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join('.');
  throw new Error(
    field === 'type'
      ? 'failed to read GCP credentials: type is neither service_account nor authorized_user'
      : `failed to read GCP credentials: ${field} is missing or invalid`,
  );
}

const scope = 'https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/cloudkms';
const resource = /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/;
const lifetimeSeconds = 3600;

/** Decrypts data keys with the key management service of Google Cloud. */
export class GcpKmsKeys implements KeyService {
  #token: Promise<string> | undefined;

  constructor(
    /** Undefined when the decryption Secret has none. */
    readonly credentials: GcpCredentials | undefined,
    readonly send: SendHttp,
    readonly now: () => number,
    /** An access token by workload identity, where the Secret has no credentials. */
    readonly identity?: (signal: AbortSignal) => Promise<string>,
  ) {}

  canDecrypt(key: MasterKey): boolean {
    return key.type === 'gcp_kms';
  }

  async decrypt(key: MasterKeyOf<'gcp_kms'>, signal: AbortSignal): Promise<Uint8Array> {
    if (!resource.test(key.resourceId)) throw new Error(`no valid resource ID found in '${key.resourceId}'`);
    const what = 'decryption with GCP KMS';
    // One token serves all documents of a build.
    this.#token ??= this.credentials ? this.#fetchToken(this.credentials, signal) : this.#identify(signal);
    const answer = await this.send({
      method: 'POST',
      url: `https://cloudkms.googleapis.com/v1/${encodeURI(key.resourceId)}:decrypt`,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await this.#token}` },
      body: JSON.stringify({ ciphertext: key.encrypted }),
      signal,
    });
    return Buffer.from(textField(fieldsOf(answer, what), 'plaintext', what), 'base64');
  }

  async #identify(signal: AbortSignal): Promise<string> {
    const missing =
      'no GCP credentials: the decryption Secret (spec.decryption.secretRef) has no key sops.gcp-kms';
    if (!this.identity) throw new Error(missing);
    return await this.identity(signal).catch((error: unknown) => {
      throw new Error(`${missing}, and ${(error as Error).message}`, { cause: error });
    });
  }

  async #fetchToken(credentials: GcpCredentials, signal: AbortSignal): Promise<string> {
    const what = 'login to Google Cloud';
    const { url, form } = this.#grant(credentials);
    const answer = await this.send({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
      signal,
    });
    return textField(fieldsOf(answer, what), 'access_token', what);
  }

  #grant(credentials: GcpCredentials): { url: string; form: Record<string, string> } {
    if (credentials.type === 'authorized_user') {
      const { client_id, client_secret, refresh_token } = credentials;
      const form = { grant_type: 'refresh_token', client_id, client_secret, refresh_token };
      return { url: googleTokenUri, form };
    }
    const { client_email, private_key, private_key_id, token_uri } = credentials;
    const issuedAt = Math.floor(this.now() / 1000);
    const claims = {
      iss: client_email,
      scope,
      aud: token_uri,
      iat: issuedAt,
      exp: issuedAt + lifetimeSeconds,
    };
    const assertion = signJwt(private_key_id ? { kid: private_key_id } : {}, claims, private_key);
    const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
    return { url: token_uri, form };
  }
}
