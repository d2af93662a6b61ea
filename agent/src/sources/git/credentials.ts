import { createHash } from 'node:crypto';

/** What a Git server is shown. Everything is taken from one Secret and the URL (flux-compat 2.3). */
export interface GitCredentials {
  /** Basic authentication of HTTP(S). */
  basic?: { username: string; password: string };
  /** Token authentication of HTTP(S). */
  bearerToken?: string;
  /** PEM certificates that are trusted in addition to the system's. */
  ca?: string;
}

/** A repository as seen with certain credentials. */
export interface GitRemote {
  /** Without user information: safe for command lines, messages and logs. */
  url: string;
  credentials: GitCredentials;
  /** The same for the same URL and credentials: what may be shared. */
  key: string;
  /** Texts that must appear nowhere. */
  secrets: readonly string[];
}

/** Data of a Secret, decoded. */
export type SecretData = Readonly<Record<string, string>>;

/** The object itself has to change: an unusable URL. */
export class InvalidUrlError extends Error {
  override readonly name = 'InvalidUrlError';
}

/** The Secret and the URL do not make usable credentials. */
export class InvalidCredentialsError extends Error {
  override readonly name = 'InvalidCredentialsError';
}

/**
 * Combines the URL and the Secret. User information of the URL is used where the Secret says nothing.
 * @throws InvalidUrlError, InvalidCredentialsError
 */
export function gitRemote(address: string, secret: SecretData | undefined): GitRemote {
  const url = parseUrl(address);
  const transport = url.protocol.slice(0, -1);
  const fromUrl = { username: decodeUserInfo(url.username), password: decodeUserInfo(url.password) };
  url.username = '';
  url.password = '';
  const credentials = httpCredentials(transport, secret ?? {}, fromUrl);
  const { basic, bearerToken } = credentials;
  // Some hosts take a token as the user name and no password.
  const candidates = [fromUrl.password || fromUrl.username, basic?.password || basic?.username, bearerToken];
  const secrets = candidates.flatMap((secret) => secret || []);
  if (basic) secrets.push(basicToken(basic));
  const key = createHash('sha256')
    .update(JSON.stringify([url.href, credentials]))
    .digest('hex');
  return { url: url.href, credentials, key, secrets };
}

/** The value of an HTTP Authorization header; undefined for an anonymous remote. */
export function authorizationHeader(credentials: GitCredentials): string | undefined {
  if (credentials.bearerToken) return `Bearer ${credentials.bearerToken}`;
  return credentials.basic ? `Basic ${basicToken(credentials.basic)}` : undefined;
}

function httpCredentials(
  transport: string,
  secret: SecretData,
  fromUrl: { username: string; password: string },
): GitCredentials {
  const caText = secret['ca.crt'] || secret['caFile'];
  const ca = caText ? { ca: caText } : {};
  const invalid = (why: string): InvalidCredentialsError =>
    new InvalidCredentialsError(`invalid '${transport}' auth option: ${why}`);
  const bearerToken = secret['bearerToken'];
  if (bearerToken !== undefined) {
    if (secret['username'] || secret['password']) {
      throw invalid("'bearerToken' cannot be combined with 'username' and 'password'");
    }
    // A header cannot carry line ends; a file that was made with an editor often ends with one.
    const token = bearerToken.trim();
    if (/[\r\n\0]/.test(token)) throw invalid("'bearerToken' must be one line");
    return token ? { bearerToken: token, ...ca } : ca;
  }
  const username = secret['username'] || fromUrl.username;
  const password = secret['password'] || fromUrl.password;
  if (password && !username) throw invalid("'password' requires 'username' to be set");
  return username ? { basic: { username, password }, ...ca } : ca;
}

function parseUrl(address: string): URL {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new InvalidUrlError(`failed to parse url '${withoutUserInfo(address)}': not a valid URL`);
  }
  // Control characters would reach git's command line and configuration.
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(address))
    throw new InvalidUrlError('failed to parse url: control characters');
  return url;
}

/** For messages about an address that cannot be parsed. */
export function withoutUserInfo(address: string): string {
  return address.replace(/^([a-z]+:\/\/)[^@/]*@/i, '$1');
}

function decodeUserInfo(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function basicToken(basic: { username: string; password: string }): string {
  return Buffer.from(`${basic.username}:${basic.password}`, 'utf8').toString('base64');
}
