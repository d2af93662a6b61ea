import type { Dispatcher } from 'undici';
import type { Clock } from '../runtime/clock.js';
import { sleep, systemClock } from '../runtime/clock.js';
import type { Cluster } from './cluster.js';
import { connectionError, isBrokenConnection } from './connection-error.js';
import type { Credential } from './credentials.js';
import { abortable, startDeadline, type Deadline } from './deadline.js';
import type { Dispatchers } from './dispatchers.js';
import { openDispatchers } from './dispatchers.js';
import { KubeConnectionError } from './errors.js';
import { exchange, type ExchangeAnswer, type ExchangeRequest } from './exchange.js';
import { createRateLimit } from './rate-limit.js';
import { readChunks } from './read-chunks.js';
import { errorOfAnswer } from './status-error.js';

/** Counts requests (`rest_client_requests_total`; flux-compat 7). `code` is the HTTP status or `<error>`. */
export interface RequestMetrics {
  requestDone(labels: { code: string; host: string; method: string }): void;
}

export interface TransportOptions {
  /** Default `flotilla-agent`. */
  userAgent?: string;
  /**
   * `--kube-api-qps`; 0 = no limit. Default 50. Lifted, as Flux does, once an answer shows that the server has flow
   * control of its own (API priority and fairness).
   */
  qps?: number;
  /** `--kube-api-burst`. Default 300. */
  burst?: number;
  /** Connections for requests that are not watches. Default 64. */
  connections?: number;
  /** Time for one request with its retries. Default 60 s. */
  timeoutMs?: number;
  /** Bytes of one answer. Default 128 MiB. */
  maxResponseBytes?: number;
  metrics?: RequestMetrics;
  clock?: Clock;
  /** Called right before each attempt to change something; what it throws is the answer. */
  beforeWrite?: () => void;
}

export interface TransportRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** Doing it twice is the same as once, so that a broken connection may be tried again. Default: GET only. */
  idempotent?: boolean;
  signal?: AbortSignal;
}

export interface TransportAnswer {
  code: number;
  text: string;
  contentType: string;
  /** The Retry-After header, where there is one. */
  retryAfter: string | undefined;
}

/** HTTP to one API server as one identity. */
export interface KubeTransport {
  /** URL of the API server. */
  readonly server: string;
  /** Sends a request and reads the whole answer, also one that is not 2xx. @throws KubeConnectionError */
  send(request: TransportRequest): Promise<TransportAnswer>;
  /** Starts an answer without an end. `idleMs` of silence end it with an error. @throws KubeApiError, KubeConnectionError */
  stream(request: TransportRequest, idleMs: number): Promise<AsyncIterable<Uint8Array>>;
  /** Closes all connections; requests under way fail. */
  close(): Promise<void>;
}

/** client-go gives up after as many. */
const maxThrottledRetries = 10;
const maxBrokenRetries = 2;

/** Opens the transport to a cluster; nothing is dialled before the first request. */
export function createTransport(cluster: Cluster, options: TransportOptions = {}): KubeTransport {
  return new Transport(cluster, options);
}

class Transport implements KubeTransport {
  readonly server: string;
  private readonly origin: string;
  private readonly prefix: string;
  private readonly host: string;
  private readonly clock: Clock;
  private readonly limit: ReturnType<typeof createRateLimit>;
  private dispatchers: Dispatchers | undefined;
  private credential: Credential | undefined;
  private closed = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly options: TransportOptions,
  ) {
    const url = new URL(cluster.server);
    this.server = cluster.server;
    this.origin = url.origin;
    this.prefix = url.pathname === '/' ? '' : url.pathname;
    this.host = url.host;
    this.clock = options.clock ?? systemClock;
    this.limit = createRateLimit({ qps: options.qps ?? 50, burst: options.burst ?? 300, clock: this.clock });
  }

  async send(request: TransportRequest): Promise<TransportAnswer> {
    const timeoutMs = this.options.timeoutMs ?? 60_000;
    const deadline = startDeadline(timeoutMs, request.signal);
    try {
      return await this.withRetries(request, deadline, () => {
        if (request.method !== 'GET') this.options.beforeWrite?.();
        return this.exchange(request, deadline, timeoutMs);
      });
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      if (deadline.expired)
        throw connectionError(this.server, Object.assign(new Error('deadline'), { code: 'DEADLINE' }));
      throw error;
    } finally {
      deadline.clear();
    }
  }

  async stream(request: TransportRequest, idleMs: number): Promise<AsyncIterable<Uint8Array>> {
    // The deadline is for the answer to begin; after that, silence is what counts.
    const deadline = startDeadline(this.options.timeoutMs ?? 60_000, request.signal);
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(deadline.signal.reason);
    deadline.signal.addEventListener('abort', onAbort, { once: true });
    try {
      const answer = await this.withRetries(request, deadline, () => this.open(request, stop.signal));
      if (answer.code !== 200) throw errorOfAnswer({ ...answer, text: await answer.body.text() });
      return readChunks(answer.body, {
        stop,
        idleMs,
        signal: request.signal,
        clock: this.clock,
        server: this.server,
      });
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      if (deadline.expired)
        throw connectionError(this.server, Object.assign(new Error('deadline'), { code: 'DEADLINE' }));
      throw error;
    } finally {
      deadline.signal.removeEventListener('abort', onAbort);
      deadline.clear();
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.dispatchers?.destroy();
  }

  /** 401 is tried once more with a new credential, 429 and 503 after their Retry-After, a broken connection if it is safe. */
  private async withRetries<T extends Retriable>(
    request: TransportRequest,
    deadline: Deadline,
    attempt: () => Promise<T>,
  ): Promise<T> {
    let throttled = 0;
    let broken = 0;
    let refreshed = false;
    for (;;) {
      if (!this.limit.lifted) await this.limit.take(deadline.signal);
      try {
        const answer = await attempt();
        if (answer.code === 401 && !refreshed) {
          refreshed = true;
          this.cluster.credentials.invalidate();
        } else if (isThrottled(answer) && throttled < maxThrottledRetries) {
          throttled += 1;
          await sleep(this.clock, Number(answer.retryAfter) * 1000, deadline.signal);
        } else {
          return answer;
        }
        await answer.body?.dump().catch(() => undefined);
      } catch (error) {
        const again = (request.idempotent ?? request.method === 'GET') && broken < maxBrokenRetries;
        if (deadline.ended || !again || !isBrokenConnection(error)) throw error;
        broken += 1;
      }
    }
  }

  /** Sends a request and reads its answer. */
  private async exchange(
    request: TransportRequest,
    deadline: Deadline,
    timeoutMs: number,
  ): Promise<TransportAnswer> {
    const { dispatchers, message } = await this.prepare(request, () => deadline.signal);
    const work = exchange(dispatchers.requests, { ...message, timeoutMs }, deadline);
    const answer = await this.counted(request, work, () => deadline.ended);
    return { ...this.headOf(answer.code, answer.headers), text: answer.text };
  }

  /** Sends a request whose answer is read piece by piece. */
  private async open(request: TransportRequest, signal: AbortSignal): Promise<OpenAnswer> {
    const { dispatchers, message } = await this.prepare(request, () => signal);
    const work = dispatchers.watches.request({ ...message, signal, headersTimeout: 0, bodyTimeout: 0 });
    const answer = await this.counted(request, work, () => signal.aborted);
    return { ...this.headOf(answer.statusCode, answer.headers), body: answer.body };
  }

  private async prepare(request: TransportRequest, signal: () => AbortSignal): Promise<Prepared> {
    if (this.closed)
      throw new KubeConnectionError({
        server: this.server,
        code: 'CLOSED',
        message: `the connection to ${this.server} was closed`,
      });
    const { credentials } = this.cluster;
    const credential = credentials.atHand?.() ?? (await abortable(credentials.read(), signal()));
    this.credential = credential;
    this.dispatchers ??= openDispatchers(this.cluster, {
      connections: this.options.connections ?? 64,
      maxResponseBytes: this.options.maxResponseBytes ?? 128 * 1024 * 1024,
      credential: () => this.credential,
    });
    const { method, path, body = null } = request;
    const headers = this.headersOf(request, credential);
    const message = { origin: this.origin, path: this.prefix + path, method, headers, body };
    return { dispatchers: this.dispatchers, message };
  }

  /** Counts a request when its fate is known, and gives errors the form of this module. */
  private async counted<T extends { code: number } | { statusCode: number }>(
    { method }: TransportRequest,
    work: Promise<T>,
    isCancelled: () => boolean,
  ): Promise<T> {
    const labels = { host: this.host, method };
    try {
      const answer = await work;
      const code = 'code' in answer ? answer.code : answer.statusCode;
      this.options.metrics?.requestDone({ ...labels, code: String(code) });
      return answer;
    } catch (error) {
      this.options.metrics?.requestDone({ ...labels, code: '<error>' });
      throw isCancelled() ? error : connectionError(this.server, error);
    }
  }

  private headOf(code: number, headers: ExchangeAnswer['headers']): Omit<TransportAnswer, 'text'> {
    if (headers['x-kubernetes-pf-flowschema-uid']) this.limit.lift();
    return {
      code,
      contentType: headerOf(headers['content-type']) ?? '',
      retryAfter: headerOf(headers['retry-after']),
    };
  }

  private headersOf(request: TransportRequest, credential: Credential): Record<string, string | string[]> {
    // Whoever is impersonated must not get the groups of the user that the kubeconfig impersonates.
    const own = request.headers?.['impersonate-user'] === undefined ? this.cluster.headers : {};
    return {
      accept: 'application/json',
      'user-agent': this.options.userAgent ?? 'flotilla-agent',
      ...own,
      ...credential.headers,
      ...request.headers,
    };
  }
}

/** A request as it goes out. */
interface Prepared {
  dispatchers: Dispatchers;
  message: Omit<ExchangeRequest, 'timeoutMs'>;
}

/** An answer whose body has not been read yet. */
interface OpenAnswer extends Omit<TransportAnswer, 'text'> {
  body: Dispatcher.ResponseData['body'];
}

/** What the decision to try again looks at. */
interface Retriable extends Pick<TransportAnswer, 'code' | 'retryAfter'> {
  body?: Dispatcher.ResponseData['body'];
}

/** The server asks to come back later; without Retry-After the error goes to the caller's own back-off. */
function isThrottled(answer: Retriable): boolean {
  return (answer.code === 429 || answer.code === 503) && /^\d+$/.test(answer.retryAfter ?? '');
}

function headerOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
