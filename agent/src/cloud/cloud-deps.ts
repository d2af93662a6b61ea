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

/** Something that is good until a time. */
export interface Lasting<T> {
  value: T;
  /** Milliseconds since the epoch. */
  until: number;
}
