/** A question to another server came to nothing. The message is for people and holds no secret. */
export class OutgoingError extends Error {
  override readonly name = 'OutgoingError';
}

const longest = 300;

/** What somebody else has said, as a part of a message: one line, not too long, without the secrets that it was told. */
export function quoted(text: string, secrets: readonly (string | undefined)[] = []): string {
  let clean = text;
  for (const secret of secrets) if (secret) clean = clean.replaceAll(secret, '***');
  clean = clean.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
  return clean.length > longest ? `${clean.slice(0, longest)}…` : clean;
}
