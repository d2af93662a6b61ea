import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendHttp, type SendHttp } from './http-json.js';

/** A request as a key service receives it. */
export interface ReceivedRequest {
  method: string;
  /** The host that the client meant. */
  host: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface FakeAnswer {
  status?: number;
  body: unknown;
}

/** A key service on loopback, to check what a client really sends. */
export interface FakeService {
  url: string;
  requests: ReceivedRequest[];
  /** Sends to this service whatever the host of the URL; the host stands in the Host header. */
  send: SendHttp;
  stop(): Promise<void>;
}

/** Starts a service; a text is answered as it is, everything else as JSON. An exception of `answer` is a 500. */
export async function startFakeService(
  answer: (request: ReceivedRequest) => FakeAnswer,
): Promise<FakeService> {
  const requests: ReceivedRequest[] = [];
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const body = Buffer.concat(parts).toString('utf8');
      const request = { method, host: headers.host ?? '', path: url, headers, body };
      requests.push(request);
      const { status = 200, body: content } = answered(() => answer(request));
      response.writeHead(status).end(typeof content === 'string' ? content : JSON.stringify(content));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    send(request) {
      const { host, pathname, search } = new URL(request.url);
      return sendHttp({
        ...request,
        url: `${url}${pathname}${search}`,
        headers: { ...request.headers, host },
      });
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answered(answer: () => FakeAnswer): FakeAnswer {
  try {
    return answer();
  } catch (error) {
    return { status: 500, body: { message: (error as Error).message } };
  }
}
