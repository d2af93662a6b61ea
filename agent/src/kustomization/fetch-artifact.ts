import { request } from 'undici';
import { sleep, type Clock } from '../runtime/clock.js';
import type { FetchArtifact } from './deps.js';
import { messageOf } from './step-failure.js';

/** The server does not have the file (any more); a newer artifact is on its way. */
export class ArtifactMissingError extends Error {
  override readonly name = 'ArtifactMissingError';
}

export interface FetchOptions {
  /** Attempts after the first one. */
  retries: number;
  clock: Clock;
  /** Pause before the first retry; doubles up to 30 s. */
  firstPauseMs?: number;
  /** SOURCE_CONTROLLER_LOCALHOST and SOURCE_WATCHER_LOCALHOST: hosts that stand in for those of artifact URLs. */
  sourceHost?: string;
  watcherHost?: string;
}

const maxPauseMs = 30_000;
const headersTimeoutMs = 30_000;

/** Makes the function that fetches artifacts of other controllers, with retries (flux-compat 3.2, 8). */
export function createFetchArtifact(options: FetchOptions): FetchArtifact {
  return async (url, signal) => {
    const target = withHost(url, options);
    for (let attempt = 0; ; attempt++) {
      const outcome = await tryOnce(target, signal);
      if (!(outcome instanceof Error)) return outcome;
      if (outcome instanceof ArtifactMissingError || attempt >= options.retries) throw outcome;
      const pause = (options.firstPauseMs ?? 1_000) * 2 ** attempt;
      await sleep(options.clock, Math.min(pause, maxPauseMs), signal);
    }
  };
}

async function tryOnce(url: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | Error> {
  try {
    const { statusCode, body } = await request(url, { signal, headersTimeout: headersTimeoutMs });
    if (statusCode === 200) return body;
    await body.dump();
    if (statusCode === 404) return new ArtifactMissingError(`artifact not found at ${url}`);
    return new Error(`failed to download archive from ${url}: status ${statusCode}`);
  } catch (error) {
    signal.throwIfAborted();
    return new Error(`failed to download archive from ${url}: ${messageOf(error)}`, { cause: error });
  }
}

function withHost(url: string, { sourceHost, watcherHost }: FetchOptions): string {
  const host = url.includes('//source-watcher') ? watcherHost : sourceHost;
  if (!host) return url;
  const changed = new URL(url);
  changed.host = host;
  return changed.toString();
}
