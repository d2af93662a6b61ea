import { createHash } from 'node:crypto';

/** What a Git server is shown. Everything is taken from one Secret and the URL (flux-compat 2.3). */
export interface GitCredentials {
  /** Basic authentication of HTTP(S). */
  basic?: { username: string; password: string };
  /** Token authentication of HTTP(S). */
  bearerToken?: string;
  /** PEM certificates that are trusted in addition to the system's. */
  ca?: string;
  /** PEM certificate and key that are shown to an HTTPS server. */
  clientCertificate?: { certificate: string; key: string };
  /** Public key authentication of SSH. */
  ssh?: SshCredentials;
  /** Address of an HTTP(S) proxy, with user information. */
  proxy?: string;
}

export interface SshCredentials {
  /** Private key. */
  identity: string;
  /** Host keys that are trusted; no others are. */
  knownHosts: string;
  /** Passphrase of the key. */
  passphrase?: string;
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

export interface RemoteOptions {
  /** Address of a proxy, with user information. */
  proxy?: string;
  /** What stands for the credentials in `key` where they change by themselves, as tokens do. */
  sameAs?: unknown;
}

/**
 * Combines the URL and the Secret. User information of the URL is used where the Secret says nothing.
 * @throws InvalidUrlError, InvalidCredentialsError
 */
export function gitRemote(
  address: string,
  secret: SecretData | undefined,
  options: RemoteOptions = {},
): GitRemote {
  const url = parseUrl(address);
  const fromUrl = { username: decodeUserInfo(url.username), password: decodeUserInfo(url.password) };
  const isSsh = url.protocol === 'ssh:';
  url.username = isSsh ? url.username || 'git' : '';
  url.password = '';
  const own = isSsh ? sshCredentials(secret ?? {}) : httpCredentials(url, secret ?? {}, fromUrl);
  const credentials = { ...own, ...(options.proxy ? { proxy: options.proxy } : {}) };
  const identity = [url.href, options.sameAs ?? credentials, options.proxy ?? ''];
  const key = createHash('sha256').update(JSON.stringify(identity)).digest('hex');
  return { url: url.href, credentials, key, secrets: secretTexts(credentials, fromUrl) };
}

function secretTexts(
  { basic, bearerToken, ssh, proxy }: GitCredentials,
  fromUrl: { username: string; password: string },
): string[] {
  // Some hosts take a token as the user name and no password.
  const texts = [
    fromUrl.password || (ssh ? '' : fromUrl.username),
    basic?.password || basic?.username,
    bearerToken,
  ];
  texts.push(ssh?.passphrase, basic && basicToken(basic));
  if (proxy) {
    const { password } = new URL(proxy);
    texts.push(password, decodeUserInfo(password));
  }
  return texts.flatMap((text) => text || []);
}

function sshCredentials(secret: SecretData): GitCredentials {
  const { identity, known_hosts: knownHosts, password } = secret;
  for (const key of ['identity', 'known_hosts']) {
    if (!secret[key]) throw new InvalidCredentialsError(`invalid 'ssh' auth option: '${key}' is required`);
  }
  return {
    ssh: { identity: identity!, knownHosts: knownHosts!, ...(password ? { passphrase: password } : {}) },
  };
}

/** The value of an HTTP Authorization header; undefined for an anonymous remote. */
export function authorizationHeader(credentials: GitCredentials): string | undefined {
  if (credentials.bearerToken) return `Bearer ${credentials.bearerToken}`;
  return credentials.basic ? `Basic ${basicToken(credentials.basic)}` : undefined;
}

function httpCredentials(
  url: URL,
  secret: SecretData,
  fromUrl: { username: string; password: string },
): GitCredentials {
  const transport = url.protocol.slice(0, -1);
  const invalid = (why: string): InvalidCredentialsError =>
    new InvalidCredentialsError(`invalid '${transport}' auth option: ${why}`);
  const tls = tlsCredentials(secret, invalid);
  const bearerToken = secret['bearerToken'];
  if (bearerToken !== undefined) {
    if (secret['username'] || secret['password']) {
      throw invalid("'bearerToken' cannot be combined with 'username' and 'password'");
    }
    // A header cannot carry line ends; a file that was made with an editor often ends with one.
    const token = bearerToken.trim();
    if (/[\r\n\0]/.test(token)) throw invalid("'bearerToken' must be one line");
    return token ? { bearerToken: token, ...tls } : tls;
  }
  const username = secret['username'] || fromUrl.username;
  const password = secret['password'] || fromUrl.password;
  if (password && !username) throw invalid("'password' requires 'username' to be set");
  return username ? { basic: { username, password }, ...tls } : tls;
}

function tlsCredentials(
  secret: SecretData,
  invalid: (why: string) => InvalidCredentialsError,
): Pick<GitCredentials, 'ca' | 'clientCertificate'> {
  const ca = secret['ca.crt'] || secret['caFile'];
  // Other text would be passed over without a word, and every server then be a stranger.
  if (ca && !/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/.test(ca))
    throw invalid(`'${secret['ca.crt'] ? 'ca.crt' : 'caFile'}' holds no certificate in PEM form`);
  const { 'tls.crt': certificate, 'tls.key': key } = secret;
  if (!certificate !== !key) throw invalid("'tls.crt' and 'tls.key' have to be set together");
  return {
    ...(ca ? { ca } : {}),
    ...(certificate && key ? { clientCertificate: { certificate, key } } : {}),
  };
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
