/** An expression that cannot be read, or an evaluation that has no value. The message is meant for the author. */
export class CelError extends Error {
  override readonly name = 'CelError';
}
