// A hub on a database of its own, asked without a socket.
import { rmSync } from 'node:fs';
import { mkdtempSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { DataSource } from 'typeorm';
import type { RunningHub } from '@flotilla/hub/start-hub';
import { startHub } from '@flotilla/hub/start-hub';
import { Clock } from '@flotilla/hub/platform/clock';
import { readHubConfig } from '@flotilla/hub/platform/config/parse-config';
import { createLogger } from '@flotilla/hub/platform/logging/logger';
import type { Databases } from '../servers/databases.js';

/** The only fake of these tests: time stands still until it is moved. */
export class FakeClock extends Clock {
  constructor(private time = new Date('2026-03-01T12:00:00.000Z')) {
    super();
  }
  override now(): Date {
    return this.time;
  }
  advance(milliseconds: number): void {
    this.time = new Date(this.time.getTime() + milliseconds);
  }
}

export interface ApiHub {
  readonly hub: RunningHub;
  readonly clock: FakeClock;
  readonly database: DataSource;
  readonly adminToken: string;
  readonly dataDir: string;
  /** Everything that has been logged. */
  log(): string;
  /** Asks as admin unless another token (or null for none) is given. */
  ask(
    method: NonNullable<InjectOptions['method']>,
    url: string,
    options?: AskOptions,
  ): Promise<LightMyRequestResponse>;
  stop(): Promise<void>;
}

export interface AskOptions {
  readonly token?: string | null;
  readonly body?: object;
  readonly headers?: Record<string, string>;
}

export const adminToken = 'flt_admintoken22_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG';

export async function startApiHub(
  postgres: Databases,
  environment: Record<string, string> = {},
): Promise<ApiHub> {
  const dataDir = mkdtempSync(join(tmpdir(), 'flotilla-api-'));
  chmodSync(dataDir, 0o755);
  const databaseUrl = await postgres.createDatabase();
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const clock = new FakeClock();
  const config = readHubConfig(
    {
      httpAddr: '127.0.0.1:0',
      grpcAddr: '127.0.0.1:0',
      enrollAddr: '127.0.0.1:0',
      dataDir,
      databaseUrl,
      logLevel: 'trace',
    },
    { FLOTILLA_HUB_ADMIN_TOKEN: adminToken, ...environment },
  );
  const hub = await startHub({ config, logger: createLogger('trace', sink), clock });
  return {
    hub,
    clock,
    database: hub.app.get(DataSource),
    adminToken,
    dataDir,
    log: () => lines.join(''),
    ask: (method, url, options = {}) =>
      hub.app.inject(injection(method, url, options)) as Promise<LightMyRequestResponse>,
    async stop() {
      await hub.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function injection(method: InjectOptions['method'], url: string, options: AskOptions): InjectOptions {
  const { token = adminToken, body, headers = {} } = options;
  return {
    method,
    url,
    headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
    ...(body === undefined ? {} : { payload: body }),
  };
}
