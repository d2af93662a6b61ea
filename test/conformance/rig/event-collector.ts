// Stands where a notification controller would, and keeps what it is told (flux-compat 1.5).
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CollectedEvent {
  readonly involvedObject: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly severity: string;
  readonly reason: string;
  readonly message: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly reportingController: string;
}

export interface EventCollector {
  /** For `--events-addr`. */
  readonly address: string;
  of(kind: string, namespace: string, name: string): readonly CollectedEvent[];
  stop(): Promise<void>;
}

export async function startEventCollector(): Promise<EventCollector> {
  const events: CollectedEvent[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      events.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as CollectedEvent);
      response.writeHead(202).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    of: (kind, namespace, name) =>
      events.filter(
        ({ involvedObject: about }) =>
          about.kind === kind && about.namespace === namespace && about.name === name,
      ),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
