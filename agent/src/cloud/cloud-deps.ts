import type { SendHttp } from './http-json.js';

/** What the clouds need of the machine. */
export interface CloudDeps {
  send: SendHttp;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Environment of the agent: webhooks of the clouds put there who it is. */
  env: Readonly<Record<string, string | undefined>>;
  readFile: (path: string) => Promise<string>;
}

/** How credentials are kept: --token-cache-max-size and --token-cache-max-duration (flux-compat 8.1). */
export interface TokenCacheLimits {
  /** 0 = each is asked for anew. */
  maxSize: number;
  /** None is kept for longer than this, whatever its own end. */
  maxDurationMs: number;
}

export const defaultTokenCacheLimits: TokenCacheLimits = { maxSize: 512, maxDurationMs: 60 * 60_000 };

/** Something that is good until a time. */
export interface Lasting<T> {
  value: T;
  /** Milliseconds since the epoch. */
  until: number;
}
