// One control plane and one PostgreSQL for a whole test run, started by the first file that asks. They live in
// vitest's main process, because every test file is a process of its own; files ask over loopback.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startControlPlane } from '../control-plane.js';
import { startPostgres } from '../postgres.js';

/** The environment variable with the broker's address, for the test files' processes. */
export const brokerVariable = 'FLOTILLA_RIG';

export interface RigBroker {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the broker; the servers themselves wait for their first user. */
export async function startRigBroker(): Promise<RigBroker> {
  const controlPlane = once(() => startControlPlane({ name: 'shared', workloads: true }));
  const postgres = once(startPostgres);
  const answers: Record<string, () => Promise<unknown>> = {
    '/control-plane': async () => (await controlPlane.get()).facts,
    '/postgres': async () => ({ url: (await postgres.get()).url }),
  };
  const server = createServer((request, response) => {
    const answer =
      answers[request.url ?? ''] ?? (() => Promise.reject(new Error(`no server ${request.url}`)));
    answer().then(
      (facts) => response.end(JSON.stringify(facts)),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  // The first answer takes as long as a control plane needs on a busy machine.
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await Promise.all([controlPlane.stop(), postgres.stop()]);
    },
  };
}

function once<T extends { stop(): Promise<void> }>(start: () => Promise<T>) {
  let started: Promise<T> | undefined;
  return {
    get: () => (started ??= start()),
    stop: async () => started?.then((server) => server.stop()).catch(() => undefined),
  };
}
