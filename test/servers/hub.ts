// A whole hub inside the test process, on a given database and free ports.
import { readHubConfig } from '@flotilla/hub/platform/config/parse-config';
import { createLogger } from '@flotilla/hub/platform/logging/logger';
import { startHub } from '@flotilla/hub/start-hub';
import type { RunningHub } from '@flotilla/hub/start-hub';
import type { Clock } from '@flotilla/hub/platform/clock';
import { temporaryFolder } from './temporary-folder.js';

export interface TestHubOptions {
  readonly databaseUrl: string;
  /** Keeps the certificate authority; replicas share one. Default: a fresh one, removed at the end. */
  readonly dataDir?: string;
  /** More flags, e.g. `{ heartbeat: '1' }`. Names as on the command line, in camel case. */
  readonly flags?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** FLOTILLA_HUB_TEST_LOG sets it, too. Default: silent. */
  readonly logLevel?: string;
}

/** Starts a hub; `stop()` stops it as a SIGTERM does. */
export async function startTestHub(options: TestHubOptions): Promise<RunningHub> {
  const folder = options.dataDir === undefined ? temporaryFolder('hub') : undefined;
  const config = readHubConfig(
    {
      httpAddr: '127.0.0.1:0',
      grpcAddr: '127.0.0.1:0',
      enrollAddr: '127.0.0.1:0',
      dataDir: options.dataDir ?? folder!.path,
      databaseUrl: options.databaseUrl,
      ...options.flags,
    },
    {},
  );
  const logger = createLogger(options.logLevel ?? process.env['FLOTILLA_HUB_TEST_LOG'] ?? 'silent');
  const hub = await startHub({ config, logger, ...(options.clock && { clock: options.clock }) });
  return {
    ...hub,
    async stop() {
      await hub.stop();
      folder?.remove();
    },
  };
}
