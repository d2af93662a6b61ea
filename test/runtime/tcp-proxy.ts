// A TCP proxy on loopback whose connections can be cut, so that a network can break without a server stopping.
import { createServer, connect, type Server, type Socket } from 'node:net';

export interface Proxy {
  url: string;
  /** Breaks every connection. */
  cut(): void;
  /** Breaks every connection and refuses new ones. */
  hold(): void;
  release(): void;
  stop(): Promise<void>;
}

/** A TCP proxy on loopback whose connections can be cut. */
export async function startProxy(target: URL): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let held = false;
  const server: Server = createServer((client) => {
    if (held) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  const address = server.address();
  return {
    url: `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    cut,
    hold() {
      held = true;
      cut();
    },
    release: () => (held = false),
    async stop() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
