// TLS in front of a plain HTTP server of the test; with `clientCa` it asks clients for a certificate too.
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificates.js';

export interface TlsFront {
  /** `https://127.0.0.1:<port>`. */
  readonly url: string;
  stop(): Promise<void>;
}

export interface TlsFrontOptions {
  readonly target: string;
  readonly certificate: Certificate;
  /** Certificates of clients have to be signed by this authority. */
  readonly clientCa?: string;
}

/** Starts a TLS server that hands every request to `target`. */
export async function startTlsFront({ target, certificate, clientCa }: TlsFrontOptions): Promise<TlsFront> {
  const mutual = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  const server = createServer({ ...certificate, ...mutual }, (incoming, response) => {
    const options = { method: incoming.method, headers: incoming.headers };
    const outgoing = request(`${target}${incoming.url}`, options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.once('error', () => response.writeHead(502).end());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
