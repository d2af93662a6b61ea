import path from 'node:path';
import type { KeyService } from '@flotilla/common/sops/key-service';
import type { MasterKey, MasterKeyOf } from '@flotilla/common/sops/master-key';
import { fieldsOf, textField, type SendHttp } from '../../../cloud/http-json.js';

/** Decrypts data keys with the transit engine of HashiCorp Vault or OpenBao. */
export class VaultKeys implements KeyService {
  constructor(
    /** Undefined when the decryption Secret has none. */
    readonly token: string | undefined,
    readonly send: SendHttp,
    /** A token by login as a ServiceAccount, where the Secret has none. */
    readonly login?: (address: string, signal: AbortSignal) => Promise<string>,
  ) {}

  canDecrypt(key: MasterKey): boolean {
    return key.type === 'hc_vault';
  }

  async decrypt(key: MasterKeyOf<'hc_vault'>, signal: AbortSignal): Promise<Uint8Array> {
    const token = this.token || (await this.#logIn(key.address, signal));
    const what = 'decryption with Vault';
    const answer = await this.send({
      method: 'PUT',
      url: urlOf(key),
      headers: {
        'content-type': 'application/json',
        'x-vault-request': 'true',
        'x-vault-token': token,
      },
      body: JSON.stringify({ ciphertext: key.encrypted }),
      signal,
    });
    const { data } = fieldsOf(answer, what);
    const fields = typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};
    return Buffer.from(textField(fields, 'plaintext', what), 'base64');
  }

  async #logIn(address: string, signal: AbortSignal): Promise<string> {
    const missing =
      'no Vault token: the decryption Secret (spec.decryption.secretRef) has no key sops.vault-token';
    if (!this.login) throw new Error(`${missing}, and no --sops-vault-configmap is set`);
    return await this.login(address, signal).catch((error: unknown) => {
      throw new Error(`${missing}, and ${(error as Error).message}`, { cause: error });
    });
  }
}

function urlOf({ address, enginePath, keyName }: MasterKeyOf<'hc_vault'>): string {
  const inEngine = path.posix.join('/v1', enginePath, 'decrypt', keyName);
  const segments = inEngine.split('/').map(encodeURIComponent);
  return `${address.replace(/\/+$/, '')}${segments.join('/')}`;
}
