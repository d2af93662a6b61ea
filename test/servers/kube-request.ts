// A bare client for a test's API server: the rig must not depend on the client that is under test.
import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage, RequestOptions } from 'node:http';

/** Where an API server is and who asks. */
export interface KubeAccess {
  readonly url: string;
  /** Base64 of the PEM certificate bundle. */
  readonly caData: string;
  readonly token: string;
}

export interface KubeAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface KubeRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** Default: `application/json`, and for PATCH a JSON merge patch. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

/** Talks JSON to one API server over kept-alive connections. */
export interface KubeRequester {
  /** Any answer, whatever its status. */
  send(request: KubeRequest): Promise<KubeAnswer>;
  /** The body of a 2xx answer; any other status is an error that carries the server's message. */
  call<T = Record<string, unknown>>(request: KubeRequest): Promise<T>;
  /** Streams the lines of a watch until the server or `signal` ends it. */
  lines(path: string, signal: AbortSignal): AsyncGenerator<unknown>;
  close(): void;
}

/** Makes a requester; `close` it to free its connections. */
export function kubeRequester(access: KubeAccess): KubeRequester {
  const agent = new Agent({ keepAlive: true, ca: Buffer.from(access.caData, 'base64') });
  const open = (request: KubeRequest) => exchange(access, agent, request);
  const send = async (request: KubeRequest): Promise<KubeAnswer> => {
    const response = await open(request);
    const text = await readAll(response);
    return { status: response.statusCode ?? 0, body: parse(text) };
  };
  return {
    send,
    async call<T>(request: KubeRequest) {
      const { status, body } = await send(request);
      if (status >= 200 && status < 300) return body as T;
      const message = (body as { message?: string } | undefined)?.message ?? JSON.stringify(body);
      throw new Error(`${request.method ?? 'GET'} ${request.path}: ${status}: ${message}`);
    },
    async *lines(path, signal) {
      const response = await open({ path, signal });
      if (response.statusCode !== 200)
        throw new Error(`GET ${path}: ${response.statusCode}: ${await readAll(response)}`);
      yield* jsonLines(response);
    },
    close: () => agent.destroy(),
  };
}

function exchange(
  access: KubeAccess,
  agent: Agent,
  { method = 'GET', path, body, contentType, signal }: KubeRequest,
): Promise<IncomingMessage> {
  const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const type = contentType ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json');
  const options: RequestOptions = {
    method,
    agent,
    headers: {
      authorization: `Bearer ${access.token}`,
      accept: 'application/json',
      ...(payload !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(payload) }),
    },
    ...(signal && { signal }),
  };
  return new Promise((resolve, reject) => {
    const call = httpsRequest(new URL(path, access.url), options, resolve);
    call.once('error', reject);
    call.end(payload);
  });
}

async function readAll(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function* jsonLines(stream: IncomingMessage): AsyncGenerator<unknown> {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as unknown;
  }
}

/** Health end points answer plain text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
