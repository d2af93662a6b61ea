import { timeoutSignal } from '@flotilla/common/signal/timeout-signal';
import { readFile } from 'node:fs/promises';
import { parseJson } from '@flotilla/agent/kube/json';
import { CliError, exitCodes, failure } from '../errors/cli-error.js';
import { cliVersion } from '../version.js';
import type { HubContext } from './contexts.js';
import { answerError, connectionFailure } from './hub-errors.js';

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export interface HubRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api/v1`, already encoded. */
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

export interface HubHttp {
  readonly hub: string;
  /** The hub's clock minus ours, as its last answer told. */
  readonly clockOffsetMs: number;
  /** Sends a request; undefined for an answer without content. @throws CliError */
  send(request: HubRequest): Promise<unknown>;
  /** Opens an answer without an end. @throws CliError */
  open(request: HubRequest & { readonly lastEventId?: string }): Promise<AsyncIterable<Uint8Array>>;
}

const requestMs = 30_000;
const maxAnswerBytes = 256 * 1024 * 1024;
const proxyVariables = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'];

/** HTTP to one hub with one token. */
export async function openHubHttp(
  context: HubContext,
  env: Readonly<Record<string, string | undefined>>,
): Promise<HubHttp> {
  return new FetchHttp(context, await chooseFetch(context, env));
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Node's own fetch starts fast; undici is loaded only for what that cannot do: a CA of our own, and proxies. */
async function chooseFetch(
  { caFile }: HubContext,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Fetch> {
  if (caFile === undefined && !proxyVariables.some((name) => env[name])) return fetch;
  const ca = caFile === undefined ? undefined : await readCa(caFile);
  const { EnvHttpProxyAgent, fetch: undiciFetch } = await import('undici');
  const tls = ca === undefined ? {} : { ca };
  const dispatcher = new EnvHttpProxyAgent({ connect: tls, requestTls: tls });
  return (url, init) => undiciFetch(url, { ...(init as object), dispatcher }) as unknown as Promise<Response>;
}

async function readCa(path: string): Promise<string> {
  try {
    const text = await readFile(path, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (error) {
    throw failure(`CA file ${path} cannot be read: ${(error as Error).message}`, 'check --ca-file');
  }
  throw failure(`CA file ${path} holds no certificate`, 'expected PEM, -----BEGIN CERTIFICATE-----');
}

class FetchHttp implements HubHttp {
  readonly hub: string;
  clockOffsetMs = 0;

  constructor(
    private readonly context: HubContext,
    private readonly fetch: Fetch,
  ) {
    this.hub = context.hub;
  }

  async send(request: HubRequest): Promise<unknown> {
    const signal = timeoutSignal(requestMs, request.signal);
    const response = await this.request({ ...request, signal }, request.signal, 'application/json');
    const text = await this.read(response, request.signal);
    if (!response.ok) throw answerError(this.hub, response.status, text);
    if (response.status === 204) return undefined;
    try {
      return parseJson(text);
    } catch (error) {
      throw notAHub(this.hub, error);
    }
  }

  async open(request: HubRequest & { readonly lastEventId?: string }): Promise<AsyncIterable<Uint8Array>> {
    const opening = new AbortController();
    const timer = setTimeout(() => opening.abort(new DOMException('too late', 'TimeoutError')), requestMs);
    try {
      const signal = AbortSignal.any([request.signal, opening.signal]);
      const response = await this.request({ ...request, signal }, request.signal, 'text/event-stream');
      if (!response.ok)
        throw answerError(this.hub, response.status, await this.read(response, request.signal));
      if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream'))
        throw notAHub(this.hub);
      return response.body as unknown as AsyncIterable<Uint8Array>;
    } finally {
      clearTimeout(timer);
    }
  }

  private async request(
    request: HubRequest & { readonly lastEventId?: string },
    interrupted: AbortSignal,
    accept: string,
  ): Promise<Response> {
    const { method, path, query = {}, body, signal, lastEventId } = request;
    const sent = Date.now();
    try {
      const response = await this.fetch(`${this.hub}/api/v1${path}${queryText(query)}`, {
        method,
        signal,
        // A redirect would carry the token to somebody else.
        redirect: 'manual',
        headers: {
          accept,
          authorization: `Bearer ${this.context.token}`,
          'user-agent': `flotilla/${cliVersion}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      this.noteClock(response.headers.get('date'), sent);
      return response;
    } catch (error) {
      interrupted.throwIfAborted();
      throw connectionFailure(this.hub, error);
    }
  }

  /** Ages are counted by the hub's clock. The header has whole seconds, so small differences mean nothing. */
  private noteClock(date: string | null, sent: number): void {
    const offset = date === null ? Number.NaN : Date.parse(date) + 500 - (sent + Date.now()) / 2;
    if (!Number.isNaN(offset)) this.clockOffsetMs = Math.abs(offset) < 1_500 ? 0 : offset;
  }

  private async read(response: Response, interrupted: AbortSignal): Promise<string> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    try {
      for await (const chunk of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        if (size > maxAnswerBytes) break;
        chunks.push(chunk);
      }
    } catch (error) {
      interrupted.throwIfAborted();
      throw connectionFailure(this.hub, error);
    }
    if (size > maxAnswerBytes)
      throw failure(`the hub ${this.hub} answered more than ${maxAnswerBytes} bytes`, 'ask for less');
    return Buffer.concat(chunks).toString('utf8');
  }
}

function notAHub(hub: string, cause?: unknown): CliError {
  return new CliError(exitCodes.unreachable, `${hub} answered, but not as a hub does`, {
    remedy: 'check --hub: it is the base address of the hub, without /api/v1',
    cause,
  });
}

/** `?a=1&b=x,y`; what is undefined is left out, lists are joined by commas. */
export function queryText(query: Query): string {
  const pairs = Object.entries(query).flatMap<[string, string]>(([key, value]) =>
    value === undefined ? [] : [[key, typeof value === 'object' ? value.join(',') : String(value)]],
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}
