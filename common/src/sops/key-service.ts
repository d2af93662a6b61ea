import type { MasterKey } from './master-key.js';

/** Somebody who can turn an encrypted data key into the data key. */
export interface KeyService {
  /** Whether the service is the one for keys like this; it may still lack what it needs to decrypt. */
  canDecrypt(key: MasterKey): boolean;
  /** @throws Error that says what is missing or what the service answered */
  decrypt(key: MasterKey, signal: AbortSignal): Promise<Uint8Array>;
}
