// The real hub as a process of its own, as a user starts it: embedded PostgreSQL unless a database is given.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from './ports.js';
import { repositoryRoot } from './repository-root.js';
import { type ServerProcess, startServerProcess } from './server-process.js';

const bin = join(repositoryRoot(), 'hub', 'bin', 'flotilla-hub.js');

export interface FlotillaHubOptions {
  /** Keeps the database, the certificate authority and the admin token. */
  readonly dataDir: string;
  /** File that gets the log. */
  readonly log: string;
  readonly databaseUrl?: string;
  /** Ports of an earlier start, to come back at the same addresses. */
  readonly ports?: { readonly http: number; readonly grpc: number; readonly enroll: number };
  readonly args?: readonly string[];
}

export interface FlotillaHub {
  /** Base URL of the REST API's server. */
  readonly url: string;
  readonly agentAddress: string;
  readonly enrollAddress: string;
  readonly ports: { readonly http: number; readonly grpc: number; readonly enroll: number };
  readonly adminToken: string;
  readonly process: ServerProcess;
  stop(): Promise<void>;
}

/** Starts a hub from the compiled sources and waits until it is ready to serve. */
export async function startFlotillaHub(options: FlotillaHubOptions): Promise<FlotillaHub> {
  const ports = options.ports ?? (await pickPorts());
  const url = `http://127.0.0.1:${ports.http}`;
  const process_ = await startServerProcess({
    name: 'flotilla-hub',
    command: process.execPath,
    args: [
      bin,
      `--http-addr=127.0.0.1:${ports.http}`,
      `--grpc-addr=127.0.0.1:${ports.grpc}`,
      `--enroll-addr=127.0.0.1:${ports.enroll}`,
      `--data-dir=${options.dataDir}`,
      ...(options.args ?? []),
    ],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      ...(options.databaseUrl ? { DATABASE_URL: options.databaseUrl } : {}),
    },
    log: options.log,
    ready: async () => (await fetch(`${url}/readyz`)).ok,
  });
  return {
    url,
    ports,
    agentAddress: `127.0.0.1:${ports.grpc}`,
    enrollAddress: `127.0.0.1:${ports.enroll}`,
    adminToken: readFileSync(join(options.dataDir, 'admin-token'), 'utf8').trim(),
    process: process_,
    stop: () => process_.stop('SIGTERM', 20_000),
  };
}

async function pickPorts(): Promise<{ http: number; grpc: number; enroll: number }> {
  const [http, grpc, enroll] = await freePorts(3);
  return { http: http!, grpc: grpc!, enroll: enroll! };
}
