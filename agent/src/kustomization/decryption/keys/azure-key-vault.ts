import type { KeyService } from '@flotilla/common/sops/key-service';
import type { MasterKey, MasterKeyOf } from '@flotilla/common/sops/master-key';
import { tokenForm, type AzureCredentials } from './azure-credentials.js';
import { fieldsOf, textField, type SendHttp } from '../../../cloud/http-json.js';

const apiVersion = '7.4';

/** Decrypts data keys with Azure Key Vault. */
export class AzureKeyVaultKeys implements KeyService {
  /** By scope: clouds have vaults of their own. */
  readonly #tokens = new Map<string, Promise<string>>();

  constructor(
    /** Undefined when the decryption Secret has none. */
    readonly credentials: AzureCredentials | undefined,
    readonly send: SendHttp,
    readonly now: () => number,
    /** A token by workload identity, where the Secret has no credentials. */
    readonly identity?: (scope: string, signal: AbortSignal) => Promise<string>,
  ) {}

  canDecrypt(key: MasterKey): boolean {
    return key.type === 'azure_kv';
  }

  async decrypt(key: MasterKeyOf<'azure_kv'>, signal: AbortSignal): Promise<Uint8Array> {
    const what = 'decryption with Azure Key Vault';
    const scope = scopeOf(key.vaultUrl);
    const { credentials } = this;
    const ask = (): Promise<string> =>
      credentials ? this.#fetchToken(credentials, scope, signal) : this.#identify(scope, signal);
    const token = this.#tokens.get(scope) ?? ask();
    this.#tokens.set(scope, token);
    const answer = await this.send({
      method: 'POST',
      url: urlOf(key),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await token}` },
      body: JSON.stringify({ alg: 'RSA-OAEP-256', value: key.encrypted }),
      signal,
    });
    return Buffer.from(textField(fieldsOf(answer, what), 'value', what), 'base64url');
  }

  async #identify(scope: string, signal: AbortSignal): Promise<string> {
    const missing =
      'no Azure credentials: the decryption Secret (spec.decryption.secretRef) has no key sops.azure-kv';
    if (!this.identity) throw new Error(missing);
    return await this.identity(scope, signal).catch((error: unknown) => {
      throw new Error(`${missing}, and ${(error as Error).message}`, { cause: error });
    });
  }

  async #fetchToken(credentials: AzureCredentials, scope: string, signal: AbortSignal): Promise<string> {
    const what = 'login to Azure';
    const url = `${credentials.authority}/${encodeURIComponent(credentials.tenant)}/oauth2/v2.0/token`;
    const answer = await this.send({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(tokenForm(credentials, scope, url, this.now())).toString(),
      signal,
    });
    return textField(fieldsOf(answer, what), 'access_token', what);
  }
}

/**
 * `https://x.vault.azure.net` needs a token for `https://vault.azure.net`. A host that is none of Azure's gets a token
 * for its own domain, which Azure refuses: the file says where a token is sent, and it may be a stranger's.
 */
function scopeOf(vaultUrl: string): string {
  if (!URL.canParse(vaultUrl) || new URL(vaultUrl).protocol !== 'https:') {
    throw new Error(`'${vaultUrl}' is not the https address of a key vault`);
  }
  const { host } = new URL(vaultUrl);
  return `https://${host.slice(host.indexOf('.') + 1)}/.default`;
}

function urlOf({ vaultUrl, name, version }: MasterKeyOf<'azure_kv'>): string {
  const parts = ['keys', name, ...(version === '' ? [] : [version]), 'decrypt'].map(encodeURIComponent);
  return `${vaultUrl.replace(/\/+$/, '')}/${parts.join('/')}?api-version=${apiVersion}`;
}
