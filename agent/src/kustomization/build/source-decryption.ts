import type { Closure } from './closure.js';

/** Decrypts the encrypted files of a build before it runs. */
export interface SourceDecryption {
  /** Differs when other keys are used: what one key opened must not be given to somebody with another. */
  readonly identity: string;
  /** The encrypted files of the closure in clear text: path relative to the artifact's root -> content. */
  files(closure: Closure): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Whether a message quotes decrypted content. */
  isQuotedIn(message: string): boolean;
}
