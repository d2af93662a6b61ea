/** Something cannot be decrypted. The text goes into the condition as it is; it holds nothing decrypted. */
export class DecryptionError extends Error {
  override readonly name = 'DecryptionError';
}
