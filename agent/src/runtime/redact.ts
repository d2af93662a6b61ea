// The last line of defence: no secret should come this far, and whatever looks like one still does not leave.

const secretKeys = [
  'password',
  'passwd',
  'passphrase',
  'token',
  'bearertoken',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'authorization',
  'secret',
  'clientsecret',
  'apikey',
  'privatekey',
  'credential',
  'credentials',
];

const rules: ReadonlyArray<[pattern: RegExp, replacement: string]> = [
  [/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|$)/g, '-----BEGIN $1-----***'],
  [/\bAGE-SECRET-KEY-[A-Z0-9-]+/g, '***'],
  // A digit or padding tells a credential from the prose "basic authentication".
  [/\b(Bearer|Basic)\s+(?=[\w.~+/-]*[\d=])[\w.~+/-]{8,}=*/gi, '$1 ***'],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, '***'],
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"\\]+@/gi, '$1***@'],
  [new RegExp(`("(?:${secretKeys.join('|')})":)"(?:[^"\\\\]|\\\\.)*"`, 'gi'), '$1"***"'],
];

/** Blots out credentials in a log line: by the name of a JSON field, and by form (PEM keys, tokens, URL passwords). */
export function redact(line: string): string {
  return rules.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line);
}
