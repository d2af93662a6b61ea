/** Thrown for a text that is no join token. Never repeats it. */
export class InvalidJoinTokenError extends Error {
  override readonly name = 'InvalidJoinTokenError';
}

const shape = /^flj_[A-Za-z0-9-]+_[A-Za-z0-9-]+_([A-Za-z0-9_-]{43})$/;

/**
 * The pin of a join token `flj_<id>_<secret>_<pin>`: sha256 over the public key (SPKI) of the hub's CA, base64url.
 * @throws InvalidJoinTokenError
 */
export function pinOf(joinToken: string): Buffer {
  const match = shape.exec(joinToken.trim());
  if (!match?.[1]) {
    throw new InvalidJoinTokenError(
      'the join token is not complete; create one with "flotilla token create --join"',
    );
  }
  return Buffer.from(match[1], 'base64url');
}
