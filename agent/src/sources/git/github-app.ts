import { createHash, createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { defaultTokenCacheLimits, type TokenCacheLimits } from '../../cloud/cloud-deps.js';
import { noTokenMetrics, type TokenMetrics } from '../../cloud/token-metrics.js';
import type { SecretData } from './credentials.js';
import type { GitHubApi, GitHubAnswer } from './github-api.js';

/** What a Secret says of a GitHub App (flux-compat 2.3). */
export interface GitHubApp {
  appId: string;
  installation: { id: string } | { owner: string };
  privateKey: string;
  baseUrl: string;
  ca?: string;
}

/** The App cannot be used: the Secret has to change, or GitHub refuses. */
export class GitHubAppError extends Error {
  override readonly name = 'GitHubAppError';
}

interface InstallationToken {
  token: string;
  renewAt: number;
}

/** Reads the Secret. @throws GitHubAppError */
export function githubAppData(secret: SecretData): GitHubApp {
  const text = (key: string): string => secret[key]?.trim() ?? '';
  const [appId, id, owner] = [
    text('githubAppID'),
    text('githubAppInstallationID'),
    text('githubAppInstallationOwner'),
  ];
  const how = 'to use github app authentication';
  const invalid = (why: string): GitHubAppError => new GitHubAppError(why);
  if (!isNumber(appId)) throw invalid(`app ID must be provided ${how}`);
  if (!id && !owner) throw invalid(`app installation owner or ID must be provided ${how}`);
  if (id && owner) throw invalid(`only one of app installation owner or ID must be provided ${how}`);
  if (id && !isNumber(id)) throw invalid(`app installation ID must be a number ${how}`);
  const privateKey = secret['githubAppPrivateKey'] ?? '';
  if (!privateKey) throw invalid(`private key must be provided ${how}`);
  const baseUrl = text('githubAppBaseURL') || 'https://api.github.com';
  if (!/^https?:\/\/[^/]/.test(baseUrl) || !URL.canParse(baseUrl))
    throw invalid("githubAppBaseURL must be an address such as 'https://github.example.com/api/v3'");
  const ca = secret['ca.crt'];
  return {
    appId,
    installation: id ? { id } : { owner },
    privateKey,
    baseUrl: baseUrl.replace(/\/+$/, ''),
    ...(ca ? { ca } : {}),
  };
}

export interface TokenRequest {
  proxy?: string;
  timeoutMs: number;
  signal: AbortSignal;
}

/** Tokens of installations, each asked for once and kept until shortly before its end. */
export class GitHubTokens {
  readonly #tokens = new Map<string, Promise<InstallationToken>>();

  constructor(
    readonly api: GitHubApi,
    /** Milliseconds since the epoch. */
    readonly now: () => number,
    readonly limits: TokenCacheLimits = defaultTokenCacheLimits,
    readonly metrics: TokenMetrics = noTokenMetrics,
  ) {
    metrics.watch(() => this.#tokens.size);
  }

  /** A token that opens the repositories of the installation. @throws GitHubAppError */
  async tokenFor(app: GitHubApp, request: TokenRequest): Promise<string> {
    try {
      const token = await this.#tokenFor(app, request);
      this.metrics.answered(true);
      return token;
    } catch (error) {
      this.metrics.answered(false);
      throw error;
    }
  }

  async #tokenFor(app: GitHubApp, request: TokenRequest): Promise<string> {
    const key = createHash('sha256')
      .update(JSON.stringify([app, request.proxy]))
      .digest('hex');
    const held = await this.#tokens.get(key)?.catch(() => undefined);
    const isHeld = held !== undefined && this.now() < held.renewAt;
    this.metrics.looked(isHeld, 'reconcile');
    if (isHeld) return held.token;
    const asked = this.#ask(app, request);
    this.#tokens.set(key, asked);
    asked.catch(() => this.#tokens.delete(key));
    this.#forgetOld();
    return (await asked).token;
  }

  /** Ends the use of a token that a server did not take, although its time is not over. */
  forget(token: string): void {
    for (const [key, held] of this.#tokens) {
      void held.then(
        (known) => known.token === token && this.#tokens.delete(key),
        () => {},
      );
    }
  }

  async #ask(app: GitHubApp, request: TokenRequest): Promise<InstallationToken> {
    const now = this.now();
    const jwt = appJwt(app, now);
    const call = (method: 'GET' | 'POST', path: string): Promise<GitHubAnswer> =>
      this.api(`${app.baseUrl}${path}`, { method, jwt, ...(app.ca ? { ca: app.ca } : {}), ...request });
    const id =
      'id' in app.installation ? app.installation.id : await findInstallation(call, app.installation.owner);
    const answer = await call('POST', `/app/installations/${id}/access_tokens`);
    const { token, expires_at: expiresAt } = answer.body;
    if (answer.status !== 201 || typeof token !== 'string')
      throw new GitHubAppError(`github gives no installation token: ${describe(answer)}`);
    const expires = typeof expiresAt === 'string' ? Date.parse(expiresAt) : now;
    // A git operation takes time; the token has to last until its end.
    const spared = expires - Math.min(5 * 60_000, (expires - now) / 5);
    return { token, renewAt: Math.min(spared, now + this.limits.maxDurationMs) };
  }

  #forgetOld(): void {
    for (const key of this.#tokens.keys()) {
      if (this.#tokens.size <= this.limits.maxSize) return;
      this.#tokens.delete(key);
      // Without a cache there is nothing to make room in.
      if (this.limits.maxSize > 0) this.metrics.evicted();
    }
  }
}

/** An organization first, then a user, as the two have different addresses. */
async function findInstallation(
  call: (method: 'GET', path: string) => Promise<GitHubAnswer>,
  owner: string,
): Promise<string> {
  const name = encodeURIComponent(owner);
  const said: string[] = [];
  for (const path of [`/orgs/${name}/installation`, `/users/${name}/installation`]) {
    const answer = await call('GET', path);
    const { id } = answer.body;
    if (answer.status === 200 && typeof id === 'number') return String(id);
    said.push(describe(answer));
  }
  throw new GitHubAppError(`github knows no installation for the owner '${owner}': ${said.join('; ')}`);
}

/** The JSON web token that an App proves itself with; GitHub takes at most ten minutes. */
function appJwt(app: GitHubApp, now: number): string {
  const issuedAt = Math.floor(now / 1000) - 30;
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iat: issuedAt, exp: issuedAt + 120, iss: app.appId };
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), rsaKey(app.privateKey)).toString('base64url')}`;
}

function rsaKey(pem: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    // The error of OpenSSL says nothing that helps.
  }
  if (key?.asymmetricKeyType === 'rsa') return key;
  throw new GitHubAppError('could not parse private key: githubAppPrivateKey must be an RSA key in PEM form');
}

function describe({ status, body }: GitHubAnswer): string {
  const { message } = body;
  return typeof message === 'string' ? `${status} ${message.slice(0, 200)}` : String(status);
}

function isNumber(text: string): boolean {
  return /^[1-9]\d{0,18}$/.test(text);
}
