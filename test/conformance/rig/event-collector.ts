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
  /** Answers the next posts about objects of a namespace with these statuses; 0 closes the connection. */
  refuse(namespace: string, statuses: readonly number[]): void;
  /** All posts about objects of a namespace, also those that were refused. */
  posts(namespace: string): readonly CollectedEvent[];
  stop(): Promise<void>;
}

export async function startEventCollector(): Promise<EventCollector> {
  const events: CollectedEvent[] = [];
  const posted: CollectedEvent[] = [];
  const refusals = new Map<string, number[]>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const event = JSON.parse(Buffer.concat(chunks).toString('utf8')) as CollectedEvent;
      posted.push(event);
      const refusal = refusals.get(event.involvedObject.namespace)?.shift();
      if (refusal === 0) return request.socket.destroy();
      if (refusal === undefined) events.push(event);
      return response.writeHead(refusal ?? 202).end();
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
    refuse: (namespace, statuses) => void refusals.set(namespace, [...statuses]),
    posts: (namespace) => posted.filter(({ involvedObject: about }) => about.namespace === namespace),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
