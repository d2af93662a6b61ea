import { CliError, exitCodes } from '../errors/cli-error.js';
import { readEvents } from './event-stream.js';
import type { HubHttp } from './http.js';
import { connectionFailure, HubRefusal } from './hub-errors.js';
import { sleep } from '../sleep.js';

export type StreamTopic =
  | 'clusters'
  | 'objects'
  | 'events'
  | 'intents'
  | 'environments'
  | 'pipelines'
  | 'releases'
  | 'promotions'
  | 'rollouts'
  | 'freezes'
  | 'plans'
  | 'vetoes';

/**
 * What the hub's stream tells. After `opened` that is not `resumed`, and after an event `reset`, lists have to be read
 * again.
 */
export type News =
  | { readonly type: 'opened'; readonly resumed: boolean }
  | { readonly type: 'lost'; readonly error: CliError }
  | { readonly type: 'event'; readonly name: string; readonly data: unknown };

/** The hub says something every 15 s; after so much silence the connection is dead. */
const idleMs = 45_000;
const firstPauseMs = 500;
const longestPauseMs = 10_000;

/**
 * Listens to the hub until the signal is aborted, over any number of connections. @throws CliError when the hub does not
 * accept the token or the request
 */
export async function* listen(
  http: HubHttp,
  topics: readonly StreamTopic[],
  signal: AbortSignal,
): AsyncGenerator<News> {
  let lastEventId: string | undefined;
  let pauseMs = firstPauseMs;
  while (!signal.aborted) {
    try {
      for await (const event of connection(http, topics, lastEventId, signal)) {
        if (event === 'opened') {
          // Whoever goes on from an id has missed nothing, unless the hub says so.
          yield { type: 'opened', resumed: lastEventId !== undefined };
          continue;
        }
        lastEventId = event.lastId || lastEventId;
        pauseMs = firstPauseMs;
        if (event.name !== '') yield { type: 'event', name: event.name, data: JSON.parse(event.data) };
      }
      if (!signal.aborted) throw connectionFailure(http.hub, new Error('the hub has ended the stream'));
    } catch (error) {
      if (signal.aborted) return;
      const failure = connectionFailure(http.hub, error);
      if (!isTransient(failure)) throw failure;
      yield { type: 'lost', error: failure };
      await sleep(pauseMs, signal);
      pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    }
  }
}

async function* connection(
  http: HubHttp,
  topics: readonly StreamTopic[],
  lastEventId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<'opened' | { name: string; data: string; lastId: string }> {
  const idle = new AbortController();
  const onSilence = () => idle.abort(new DOMException('the stream went silent', 'TimeoutError'));
  let timer = setTimeout(onSilence, idleMs);
  try {
    const chunks = await http.open({
      method: 'GET',
      path: '/stream',
      query: { topics },
      signal: AbortSignal.any([signal, idle.signal]),
      ...(lastEventId === undefined ? {} : { lastEventId }),
    });
    yield 'opened';
    for await (const event of readEvents(chunks)) {
      clearTimeout(timer);
      timer = setTimeout(onSilence, idleMs);
      yield event;
    }
  } finally {
    clearTimeout(timer);
  }
}

/** A hub that is restarted or whose database is away comes back; a token that is refused does not. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof CliError) || error.exitCode !== exitCodes.unreachable) return false;
  return !(error instanceof HubRefusal);
}
