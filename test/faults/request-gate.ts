// An HTTP proxy that can stop a chosen request, before the server has seen it or before the client has its answer:
// the moment between the two is when a process is killed.
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: string;
}

/** `request`: the server never sees it. `answer`: the server has done it, and the client never learns. */
export type Side = 'request' | 'answer';

export interface Held {
  /** Resolves when a request is held. */
  readonly reached: Promise<SeenRequest>;
  /** Breaks the connections that are held, and holds no more. */
  release(): void;
}

export interface RequestGate {
  readonly url: string;
  /** Holds every request that matches, until released. */
  hold(side: Side, matches: (request: SeenRequest) => boolean): Held;
  stop(): Promise<void>;
}

interface Hold {
  readonly side: Side;
  readonly matches: (request: SeenRequest) => boolean;
  readonly held: ServerResponse[];
  readonly reach: (request: SeenRequest) => void;
}

/** Starts a gate in front of a server; `caData` is the base64 of the certificate bundle of an https target. */
export async function startRequestGate(target: URL, caData?: string): Promise<RequestGate> {
  let current: Hold | undefined;
  const agent =
    target.protocol === 'https:'
      ? new Agent({ keepAlive: true, ca: Buffer.from(caData ?? '', 'base64') })
      : undefined;
  const server = createServer({ requestTimeout: 0 }, (incoming, response) => {
    void forward(incoming, response).catch(() => response.destroy());
  });

  const forward = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const seen = { method: incoming.method ?? '', path: incoming.url ?? '', body: body.toString('utf8') };
    const hold = current?.matches(seen) ? current : undefined;
    if (hold?.side === 'request') return keep(hold, seen, response);
    const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
    const { host: _host, 'transfer-encoding': _encoding, ...headers } = incoming.headers;
    const outgoing = send(
      new URL(seen.path, target),
      {
        method: seen.method,
        headers: { ...headers, host: target.host, 'content-length': body.length },
        ...(agent && { agent }),
      },
      (answer) => {
        if (hold) {
          answer.resume().once('end', () => keep(hold, seen, response));
          return;
        }
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.once('error', () => response.destroy());
        answer.pipe(response);
      },
    );
    outgoing.once('error', () => response.destroy());
    response.once('close', () => outgoing.destroy());
    outgoing.end(body);
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold(side, matches) {
      let reach!: (request: SeenRequest) => void;
      const reached = new Promise<SeenRequest>((resolve) => (reach = resolve));
      const hold: Hold = { side, matches, held: [], reach };
      current = hold;
      const release = (): void => {
        if (current === hold) current = undefined;
        for (const response of hold.held.splice(0)) response.destroy();
      };
      return { reached, release };
    },
    async stop() {
      agent?.destroy();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function keep(hold: Hold, seen: SeenRequest, response: ServerResponse): void {
  hold.held.push(response);
  hold.reach(seen);
}
