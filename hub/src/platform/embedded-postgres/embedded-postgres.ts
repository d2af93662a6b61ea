import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { makeFolder } from '../make-folder.js';
import { openDataFolder, superuser } from './data-folder.js';
import type { DataFolder } from './data-folder.js';
import { parsePostmasterFile } from './postmaster-file.js';
import type { PostmasterFile } from './postmaster-file.js';
import { postgresPrograms } from './postgres-programs.js';
import { postgresUser } from './postgres-user.js';

/** A PostgreSQL that lives and dies with the hub: one that dies before is started again. */
export interface EmbeddedPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

const startMs = 60_000;
/** Between two failed attempts to bring a server back. */
const reviveAfterMs = 1_000;
/** Held by the hub that owns the data folder; a second hub on the same folder is refused. */
const ownerLock = 0x666c_6f74;

/**
 * Starts PostgreSQL in `dataDir`, or takes over the one that a killed hub has left running there.
 * The server has a process group of its own, so that Ctrl-C reaches only the hub, which stops it last.
 */
export async function startEmbeddedPostgres(dataDir: string, logger: Logger): Promise<EmbeddedPostgres> {
  await makeFolder(dataDir, 0o711);
  const user = postgresUser();
  const programs = await postgresPrograms(dataDir, user);
  const folder = await openDataFolder(dataDir, programs, user);
  const spawnServer = (port: number): ChildProcess => {
    const log = openSync(join(dataDir, 'postgres.log'), 'a', 0o600);
    const flags = ['-D', folder.path, '-p', String(port), '-c', 'listen_addresses=127.0.0.1'];
    const child = spawn(programs.postgres, [...flags, '-c', 'unix_socket_directories='], {
      cwd: '/',
      env: { LC_ALL: 'C' },
      stdio: ['ignore', log, log],
      detached: true,
      ...(user && { uid: user.uid, gid: user.gid }),
    });
    child.on('error', (err) => logger.error({ err }, 'embedded PostgreSQL does not start'));
    child.unref();
    closeSync(log);
    return child;
  };
  const log = join(dataDir, 'postgres.log');
  const first = await reach({ folder, spawnServer: async () => spawnServer(await freePort()), log });
  const { port } = first.running;
  logger.info({ port, pid: first.running.pid }, 'embedded PostgreSQL is up');
  const again = (signal: AbortSignal): Promise<Reached> =>
    reach({ folder, spawnServer: async () => spawnServer(port), log, signal });
  const stop = keepUp(first, again, logger);
  return { url: urlOf(folder, first.running, superuser), stop };
}

interface Reached {
  readonly running: PostmasterFile;
  /** Ends when the server does. */
  readonly client: pg.Client;
}

/** Starts the server again, at the same address, whenever it goes by itself. Gives what ends that, and the server. */
function keepUp(
  first: Reached,
  again: (signal: AbortSignal) => Promise<Reached>,
  logger: Logger,
): () => Promise<void> {
  const stopping = new AbortController();
  let current = first;
  let reviving: Promise<void> | undefined;
  const revive = async (): Promise<void> => {
    logger.error('embedded PostgreSQL is gone: it is started again');
    for (;;) {
      try {
        current = await again(stopping.signal);
        break;
      } catch (err) {
        if (stopping.signal.aborted) return;
        logger.error({ err }, 'embedded PostgreSQL does not come back: tried again');
        // What fails at once, as a password that was changed, must not be tried without end.
        await sleep(reviveAfterMs, undefined, { signal: stopping.signal }).catch(() => undefined);
        if (stopping.signal.aborted) return;
      }
    }
    logger.info({ port: current.running.port, pid: current.running.pid }, 'embedded PostgreSQL is up again');
    watch();
  };
  const watch = (): void => {
    current.client.once('end', () => {
      if (!stopping.signal.aborted) reviving = revive();
    });
  };
  watch();
  return async () => {
    stopping.abort();
    await reviving;
    await stopServer(current.running, current.client);
  };
}

async function reach({
  folder,
  spawnServer,
  log,
  signal,
}: {
  readonly folder: DataFolder;
  readonly spawnServer: () => Promise<ChildProcess>;
  /** Named when it does not come up. */
  readonly log: string;
  /** Gives up, and takes a server that has been started with it. */
  readonly signal?: AbortSignal;
}): Promise<Reached> {
  const deadline = performance.now() + startMs;
  let spawnedAt = Number.NEGATIVE_INFINITY;
  let spawned: ChildProcess | undefined;
  for (;;) {
    if (signal?.aborted && spawned?.pid !== undefined) await endServer(spawned.pid);
    signal?.throwIfAborted();
    const running = await runningServer(folder);
    const client = running && (await connect(folder, running));
    if (running && client) return { running, client: await own(client, folder) };
    if (performance.now() > deadline) {
      throw new Error(`embedded PostgreSQL: not ready after ${startMs / 1000} s; look into ${log}`);
    }
    // A server that has been told to start and is gone again is tried anew: a killed one may hold its memory a while.
    if (!running && performance.now() - spawnedAt > 3000) {
      spawnedAt = performance.now();
      spawned = await spawnServer();
    }
    await sleep(50);
  }
}

/** The server of this data folder, if there is one; the file of a dead one is removed. */
async function runningServer(folder: DataFolder): Promise<PostmasterFile | undefined> {
  const file = join(folder.path, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => '');
  const known = parsePostmasterFile(text);
  if (!known) return undefined;
  if (await isPostgres(known.pid)) return known;
  await rm(file, { force: true });
  return undefined;
}

/** A process id outlives its process: after a reboot or in a new container it may belong to anything. */
async function isPostgres(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  return command === undefined ? process.platform !== 'linux' : command.includes('postgres');
}

async function connect(folder: DataFolder, running: PostmasterFile): Promise<pg.Client | undefined> {
  const client = new pg.Client({
    connectionString: urlOf(folder, running, 'postgres'),
    connectionTimeoutMillis: 2000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    // 28P01: it answers, but it is not ours to use.
    if ((error as { code?: string }).code === '28P01') {
      throw new Error(
        `embedded PostgreSQL: the server of ${folder.path} refuses the password in postgres-password`,
        {
          cause: error,
        },
      );
    }
    return undefined;
  }
}

async function own(client: pg.Client, folder: DataFolder): Promise<pg.Client> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const { rows } = await client.query<{ owned: boolean }>('SELECT pg_try_advisory_lock($1) AS owned', [
      ownerLock,
    ]);
    if (rows[0]?.owned) {
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [superuser]);
      if (!rowCount) await client.query(`CREATE DATABASE ${superuser}`);
      return client;
    }
    // The connection of a hub that was killed a moment ago may still be closing.
    await sleep(100);
  }
  await client.end();
  throw new Error(
    `embedded PostgreSQL: another hub uses ${folder.path}; several replicas need one PostgreSQL server (DATABASE_URL)`,
  );
}

function urlOf(folder: DataFolder, running: PostmasterFile, database: string): string {
  return `postgres://${superuser}:${folder.password}@127.0.0.1:${running.port}/${database}`;
}

async function stopServer(running: PostmasterFile, client: pg.Client): Promise<void> {
  await client.end().catch(() => undefined);
  await endServer(running.pid);
}

async function endServer(pid: number): Promise<void> {
  const deadline = performance.now() + 30_000;
  signal(pid, 'SIGINT');
  while (await isPostgres(pid)) {
    if (performance.now() > deadline) return signal(pid, 'SIGQUIT');
    await sleep(20);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already.
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
