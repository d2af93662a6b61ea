import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Cluster } from './cluster.js';
import { fixedCredentials } from './credentials.js';
import { createTransport, type KubeTransport, type TransportOptions } from './transport.js';

/** Answers one request; `count` starts at 1. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const open: Array<() => Promise<void>> = [];

/** Stops what the specs started; belongs into an afterEach. */
export async function stopScriptedServers(): Promise<void> {
  for (const stop of open.splice(0)) await stop();
}

export interface ScriptedServer {
  transport: KubeTransport;
  server: string;
  requests: IncomingMessage[];
  counted: string[];
}

/**
 * What a healthy API server does not do on demand is done by this small HTTP server; everything else is tested against
 * the real one in test/runtime.
 */
export async function startScriptedServer(
  behaviour: Behaviour,
  options: TransportOptions = {},
  cluster: Partial<Cluster> = {},
): Promise<ScriptedServer> {
  const requests: IncomingMessage[] = [];
  const counted: string[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(request);
    request.resume();
    behaviour(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const transport = createTransport(
    {
      server: url,
      tls: {},
      credentials: fixedCredentials({ headers: { authorization: 'Bearer one' } }),
      headers: {},
      ...cluster,
    },
    { metrics: { requestDone: ({ method, code }) => counted.push(`${method} ${code}`) }, ...options },
  );
  open.push(async () => {
    await transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { transport, server: url, requests, counted };
}

/** Answers with JSON. */
export function reply(
  response: ServerResponse,
  code: number,
  body: unknown = {},
  headers: Record<string, string> = {},
): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
