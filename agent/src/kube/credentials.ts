import { readFile } from 'node:fs/promises';
import type { RequestOptions as HttpsOptions } from 'node:https';
import type { User } from '@kubernetes/client-node';
import type { Clock } from '../runtime/clock.js';

/** What proves who we are. Headers go with each request, the certificate with each new connection. */
export interface Credential {
  headers: Readonly<Record<string, string>>;
  cert?: string;
  key?: string;
}

export interface Credentials {
  /** The credential to use now. @throws Error that names where it should have come from. */
  read(): Promise<Credential>;
  /** The same without waiting, when it is at hand. */
  atHand?(): Credential | undefined;
  /** The server refused the credential (401): get a new one before the next request. */
  invalidate(): void;
}

/** Tokens of service accounts are rotated on disk; client-go reads them again after a minute, too. */
const fileLifetimeMs = 60_000;

/** A credential that never changes. */
export function fixedCredentials(credential: Credential): Credentials {
  return { read: () => Promise.resolve(credential), atHand: () => credential, invalidate: () => undefined };
}

/** Reads by `load` and again when the result is a minute old or was refused. */
export function reloadedCredentials(load: () => Promise<Credential>, clock: Clock): Credentials {
  let current: { credential: Promise<Credential>; readAt: number; known?: Credential } | undefined;
  let lastGood: Credential | undefined;
  const isFresh = (): boolean => current !== undefined && clock.monotonic() - current.readAt < fileLifetimeMs;
  return {
    atHand: () => (isFresh() ? current?.known : undefined),
    async read() {
      if (!current || !isFresh()) current = { credential: load(), readAt: clock.monotonic() };
      const reading = current;
      try {
        lastGood = await reading.credential;
        reading.known = lastGood;
        return lastGood;
      } catch (error) {
        current = undefined;
        // A file that is just being replaced must not stop an agent that still has a good token.
        if (lastGood) return lastGood;
        throw error;
      }
    },
    invalidate() {
      current = undefined;
      lastGood = undefined;
    },
  };
}

/** `Authorization: Bearer` from a file that somebody rotates. */
export async function tokenFromFile(path: string): Promise<string> {
  const token = (await readFile(path, 'utf8')).trim();
  if (token === '') throw new Error(`token file ${path} is empty`);
  return token;
}

/** Credentials of an exec plug-in or auth provider, obtained by client-node (which is loaded only then: it is big). */
export function pluginCredentials(user: User): Credentials {
  let authenticator: Promise<Authenticate> | undefined;
  let underway: Promise<Credential> | undefined;
  return {
    read() {
      // Requests that start together share one run of the plug-in.
      underway ??= runPlugin((authenticator ??= loadAuthenticator(user)), user.name).finally(() => {
        underway = undefined;
      });
      return underway;
    },
    invalidate() {
      // client-node keeps a plug-in's token for as long as it says; a fresh KubeConfig has no token yet.
      authenticator = undefined;
      underway = undefined;
    },
  };
}

type Authenticate = (options: HttpsOptions) => Promise<void>;

async function runPlugin(authenticator: Promise<Authenticate>, user: string): Promise<Credential> {
  const options: HttpsOptions = {};
  try {
    const authenticate = await authenticator;
    await authenticate(options);
  } catch (error) {
    throw new Error(`kubeconfig user "${user}": credential plug-in failed: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return credentialOf(options);
}

async function loadAuthenticator(user: User): Promise<Authenticate> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  // The address is never dialled; it only has to be one that client-node accepts.
  config.loadFromClusterAndUser(
    { name: 'plugin', server: 'https://plugin.invalid', skipTLSVerify: false },
    user,
  );
  return (options) => config.applyToHTTPSOptions(options);
}

function credentialOf(options: HttpsOptions): Credential {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {}))
    headers[name.toLowerCase()] = String(value).trim();
  return {
    headers,
    ...(options.cert ? { cert: pem(options.cert) } : {}),
    ...(options.key ? { key: pem(options.key) } : {}),
  };
}

/** client-node gives text or bytes. */
function pem(value: HttpsOptions['key'] | HttpsOptions['cert']): string {
  return typeof value === 'string' || Buffer.isBuffer(value) ? value.toString() : '';
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim();
}
