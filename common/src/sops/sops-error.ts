/** A SOPS document cannot be read or decrypted. The message never quotes a value. */
export class SopsError extends Error {
  override readonly name = 'SopsError';
}
