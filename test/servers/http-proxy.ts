// An HTTP proxy: forwards plain requests and opens tunnels with CONNECT; it remembers what it carried.
import { createServer, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface HttpProxy {
  readonly url: string;
  /** `CONNECT host:port` or `GET http://…`, for each request that was let through. */
  readonly carried: readonly string[];
  stop(): Promise<void>;
}

/** Starts a proxy; with `auth` it lets nobody else through. */
export async function startHttpProxy(auth?: { username: string; password: string }): Promise<HttpProxy> {
  const carried: string[] = [];
  const sockets = new Set<Socket>();
  const expected = auth && `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
  const admitted = ({ headers }: IncomingMessage): boolean =>
    expected === undefined || headers['proxy-authorization'] === expected;
  const server = createServer((incoming, response) => {
    if (!admitted(incoming)) return void response.writeHead(407, refusal).end();
    carried.push(`${incoming.method} ${incoming.url}`);
    const { method, headers } = incoming;
    const outgoing = request(incoming.url!, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.once('error', () => response.writeHead(502).end());
    incoming.pipe(outgoing);
  });
  server.on('connect', (incoming, socket: Socket) => {
    socket.on('error', () => undefined);
    if (!admitted(incoming)) {
      const head = ['HTTP/1.1 407 Proxy Authentication Required', 'Proxy-Authenticate: Basic realm="p"'];
      socket.end([...head, 'Content-Length: 0', 'Connection: close', '', ''].join('\r\n'));
      return;
    }
    carried.push(`CONNECT ${incoming.url}`);
    const { hostname, port } = new URL(`http://${incoming.url}`);
    const tunnel = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      tunnel.pipe(socket).pipe(tunnel);
    });
    tunnel.once('error', () => socket.destroy());
    sockets.add(tunnel);
  });
  server.on('connection', (socket: Socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    carried,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const refusal = { 'proxy-authenticate': 'Basic realm="p"' };
