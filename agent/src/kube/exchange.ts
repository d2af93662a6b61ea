import type { Dispatcher } from 'undici';
import type { Deadline } from './deadline.js';

/** One request, ready to be sent. */
export interface ExchangeRequest {
  origin: string;
  path: string;
  method: Dispatcher.HttpMethod;
  headers: Readonly<Record<string, string | string[]>>;
  body: string | null;
  /** Time for the headers of the answer, and between two pieces of its body. */
  timeoutMs: number;
}

/** The whole answer. */
export interface ExchangeAnswer {
  code: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  text: string;
}

/**
 * Sends a request and reads its whole answer. What undici offers for this gives the body as a stream; a stream, an
 * AbortSignal and their listeners cost as much as the request itself where thousands of small ones are sent.
 * @throws what undici throws, or the reason of the deadline
 */
export function exchange(
  dispatcher: Dispatcher,
  { origin, path, method, headers, body, timeoutMs }: ExchangeRequest,
  deadline: Deadline,
): Promise<ExchangeAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const answer: { code: number; headers: ExchangeAnswer['headers'] } = { code: 0, headers: {} };
    let controller: Dispatcher.DispatchController | undefined;
    let stopped: Error | undefined;
    const forget = deadline.onEnd((reason) => {
      stopped = asError(reason);
      controller?.abort(stopped);
      // It may still wait for a connection; then nothing has been sent, and nothing will be.
      reject(stopped);
    });
    const options = {
      origin,
      path,
      method,
      headers,
      body,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    };
    dispatcher.dispatch(options, {
      onRequestStart(started) {
        controller = started;
        if (stopped) started.abort(stopped);
      },
      onResponseStart(_controller, code, received) {
        answer.code = code;
        answer.headers = received;
      },
      onResponseData(_controller, chunk) {
        chunks.push(chunk);
      },
      onResponseEnd() {
        forget();
        resolve({ ...answer, text: textOf(chunks) });
      },
      onResponseError(_controller, error) {
        forget();
        reject(error);
      },
    });
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('the request was cancelled', { cause: reason });
}

/** Like the text of a web response: without a byte order mark. */
function textOf([first, ...more]: readonly Buffer[]): string {
  if (!first) return '';
  const text = (more.length > 0 ? Buffer.concat([first, ...more]) : first).toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
