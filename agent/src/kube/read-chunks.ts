import type { Dispatcher } from 'undici';
import type { Clock } from '../runtime/clock.js';
import { connectionError } from './connection-error.js';

export interface ReadChunksOptions {
  /** Ends the request itself. */
  stop: AbortController;
  /** Silence of this length is an error. */
  idleMs: number;
  /** The caller's: its reason is thrown. */
  signal: AbortSignal | undefined;
  clock: Clock;
  /** URL of the API server, for errors. */
  server: string;
}

/** Reads an answer without an end, piece by piece. @throws KubeConnectionError */
export async function* readChunks(
  body: Dispatcher.ResponseData['body'],
  { stop, idleMs, signal, clock, server }: ReadChunksOptions,
): AsyncGenerator<Uint8Array> {
  let idle = false;
  const onIdle = (): void => {
    idle = true;
    stop.abort(new Error('idle'));
  };
  let cancelIdle = clock.schedule(idleMs, onIdle);
  const onAbort = (): void => stop.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  try {
    for await (const chunk of body) {
      cancelIdle();
      yield chunk as Uint8Array;
      cancelIdle = clock.schedule(idleMs, onIdle);
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw connectionError(server, idle ? Object.assign(new Error('idle'), { code: 'IDLE' }) : error);
  } finally {
    cancelIdle();
    signal?.removeEventListener('abort', onAbort);
    // Leaving the loop early must give the connection back to nobody: the server would go on sending.
    body.destroy();
  }
}
