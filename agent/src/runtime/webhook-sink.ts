import { Agent } from 'undici';
import { createBoundedSender } from './bounded-sender.js';
import { sleep, type Clock } from './clock.js';
import type { EventNotice, EventSink } from './event-recorder.js';
import type { Logger } from './logger.js';

export interface WebhookSinkOptions {
  /** `--events-addr`, with or without `http://`. */
  address: string;
  clock: Clock;
  logger: Logger;
}

export interface WebhookSink extends EventSink {
  flush(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const maxRetries = 4;
const firstRetryMs = 1_000;
const maxRetryMs = 30_000;
const timeoutMs = 15_000;
const capacity = 1000;

/** Posts events as JSON (flux-compat 1.5, 6.1). 429 means that the receiver has the event already. */
export function createWebhookSink(options: WebhookSinkOptions): WebhookSink {
  const url = new URL(/^https?:\/\//.test(options.address) ? options.address : `http://${options.address}`);
  const agent = new Agent({
    connections: 4,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: 65_536,
  });
  const sender = createBoundedSender<EventNotice>({
    name: url.host,
    capacity,
    logger: options.logger,
    send: (notice, signal) => post(agent, url, notice, options.clock, signal),
  });
  return {
    send: (notice) => sender.offer(notice),
    flush: (signal) => sender.flush(signal),
    close: () => agent.destroy(),
  };
}

async function post(
  agent: Agent,
  url: URL,
  notice: EventNotice,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const failure = await attemptPost(agent, url, notice, signal);
    if (failure === undefined) return;
    if (attempt === maxRetries || !failure.retry)
      throw new Error(`${url.host} did not take the event: ${failure.reason}`);
    await sleep(clock, Math.min(firstRetryMs * 2 ** attempt, maxRetryMs), signal);
  }
}

/** Undefined when the event has arrived. */
async function attemptPost(
  agent: Agent,
  url: URL,
  notice: EventNotice,
  signal: AbortSignal,
): Promise<{ reason: string; retry: boolean } | undefined> {
  try {
    const answer = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(notice),
      signal,
    });
    await answer.body.dump();
    if (answer.statusCode < 300 || answer.statusCode === 429) return undefined;
    // 501 will not become better.
    const retry = answer.statusCode >= 500 && answer.statusCode !== 501;
    return { reason: `status ${answer.statusCode}`, retry };
  } catch (error) {
    if (signal.aborted) throw error;
    return { reason: error instanceof Error ? error.message : String(error), retry: true };
  }
}
