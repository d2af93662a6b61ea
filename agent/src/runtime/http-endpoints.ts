import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { MetricsRegistry } from './metrics-registry.js';

/** Undefined when fine, otherwise why not. */
export type HealthCheck = () => string | undefined;

export interface HttpEndpoint {
  /** `host:port` that was really taken. */
  readonly address: string;
  stop(): Promise<void>;
}

/** `/metrics` on `--metrics-addr`; undefined when that is `0` or `:0`, which turns it off. */
export function serveMetrics(address: string, registry: MetricsRegistry): Promise<HttpEndpoint | undefined> {
  return serve(address, {
    '/metrics': async (response) => {
      response.setHeader('content-type', registry.contentType);
      response.end(await registry.render());
    },
  });
}

export interface HealthOptions {
  /** The process works: a failure asks for a restart. */
  live: Readonly<Record<string, HealthCheck>>;
  /** The process is ready to do its work. */
  ready: Readonly<Record<string, HealthCheck>>;
}

/** `/healthz` and `/readyz` on `--health-addr`; undefined when that is `0` or `:0`. */
export function serveHealth(address: string, options: HealthOptions): Promise<HttpEndpoint | undefined> {
  return serve(address, {
    '/healthz': (response) => answerHealth(response, options.live),
    '/readyz': (response) => answerHealth(response, options.ready),
  });
}

type Handler = (response: ServerResponse) => void | Promise<void>;

async function serve(
  address: string,
  routes: Readonly<Record<string, Handler>>,
): Promise<HttpEndpoint | undefined> {
  const listen = parseAddress(address);
  if (!listen) return undefined;
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    void answer(routes, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new Error(`cannot listen on ${address}: ${error.message}`, { cause: error })),
    );
    server.listen(listen, resolve);
  });
  return { address: addressOf(server), stop: () => stop(server) };
}

async function answer(
  routes: Readonly<Record<string, Handler>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Only the path counts, and a probe may ask for one check below it, as in client-go (/readyz/ping).
  const path = (request.url ?? '/').split('?')[0]?.split('/').slice(0, 2).join('/') ?? '/';
  const handler = routes[path];
  try {
    if (request.method !== 'GET' && request.method !== 'HEAD') response.writeHead(405).end();
    else if (handler) await handler(response);
    else response.writeHead(404).end();
  } catch {
    if (!response.headersSent) response.writeHead(500);
    response.end();
  }
}

function answerHealth(response: ServerResponse, checks: Readonly<Record<string, HealthCheck>>): void {
  const failures = Object.entries(checks).flatMap(([name, check]) => {
    const reason = check();
    return reason === undefined ? [] : [`${name}: ${reason}`];
  });
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response
    .writeHead(failures.length === 0 ? 200 : 500)
    .end(failures.length === 0 ? 'ok' : failures.join('\n'));
}

/** `:8080`, `127.0.0.1:8080`, `[::1]:8080`. @throws Error for anything else */
function parseAddress(address: string): { host?: string; port: number } | undefined {
  if (address === '0' || address === '' || address === ':0') return undefined;
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (!match || port > 65_535)
    throw new Error(`${JSON.stringify(address)} is not an address to listen on: use host:port or :port`);
  const host = match[1] ?? match[2];
  return host ? { host, port } : { port };
}

function addressOf(server: Server): string {
  const address = server.address();
  if (typeof address === 'string' || !address) return address ?? '';
  return address.family === 'IPv6'
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
