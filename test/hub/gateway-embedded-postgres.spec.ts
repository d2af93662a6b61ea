import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@flotilla/hub/platform/embedded-postgres/embedded-postgres';
import type { EmbeddedPostgres } from '@flotilla/hub/platform/embedded-postgres/embedded-postgres';
import { createLogger } from '@flotilla/hub/platform/logging/logger';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../servers/temporary-folder.js';
import type { TemporaryFolder } from '../servers/temporary-folder.js';
import { startFlotillaHub } from '../servers/flotilla-hub.js';
import { waitFor } from '../servers/wait-for.js';
import { repositoryRoot } from '../servers/repository-root.js';

const logger = createLogger('silent');
let folder: TemporaryFolder;
let running: EmbeddedPostgres | undefined;

beforeEach(() => {
  folder = temporaryFolder('embedded');
  chmodSync(folder.path, 0o711);
  running = undefined;
});
afterEach(async () => {
  await running?.stop();
  const pid = serverPid();
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
  folder.remove();
});

function serverPid(): number | undefined {
  const file = join(folder.path, 'postgres', 'postmaster.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
}

/** A process that nobody has waited for still has a number, but no command any more. */
function runs(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}

async function query<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('the embedded PostgreSQL', () => {
  it('keeps its data from one start to the next, and nothing runs in between', async () => {
    running = await startEmbeddedPostgres(folder.path, logger);
    await query(running.url, 'CREATE TABLE kept AS SELECT 1 AS one');
    const pid = serverPid()!;
    await running.stop();
    expect(runs(pid)).toBe(false);
    running = await startEmbeddedPostgres(folder.path, logger);
    expect(await query(running.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
  });

  it('is started again at the same address when it is killed under a running hub, as often as it is', async () => {
    running = await startEmbeddedPostgres(folder.path, logger);
    const { url } = running;
    await query(url, 'CREATE TABLE kept AS SELECT 1 AS one');
    for (const round of ['first', 'second']) {
      const killed = serverPid()!;
      process.kill(killed, 'SIGKILL');
      await waitFor(`the server to be back the ${round} time`, async () => {
        expect(serverPid()).not.toBe(killed);
        return query(url, 'SELECT one FROM kept');
      });
    }
    const pid = serverPid()!;
    await running.stop();
    expect(runs(pid)).toBe(false);
  });

  it('that is being started again when the hub stops does not outlive it', async () => {
    running = await startEmbeddedPostgres(folder.path, logger);
    const killed = serverPid()!;
    process.kill(killed, 'SIGKILL');
    const next = await waitFor('another server', () => {
      const pid = serverPid();
      return pid && pid !== killed ? pid : undefined;
    });
    // Before the hub has reached it, or just after.
    await running.stop();
    expect(runs(next)).toBe(false);
  });

  it('starts although a stale postmaster.pid names a process that is something else', async () => {
    running = await startEmbeddedPostgres(folder.path, logger);
    await running.stop();
    writeFileSync(
      join(folder.path, 'postgres', 'postmaster.pid'),
      `${process.pid}\n${folder.path}/postgres\n1\n5\n\n127.0.0.1\n`,
    );
    running = await startEmbeddedPostgres(folder.path, logger);
    expect(await query(running.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('is not shared: a second hub on the same folder is refused', async () => {
    running = await startEmbeddedPostgres(folder.path, logger);
    await expect(startEmbeddedPostgres(folder.path, logger)).rejects.toThrow(
      /another hub uses .*; several replicas need one PostgreSQL server \(DATABASE_URL\)/,
    );
    expect(await query(running.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('in a folder that its user may not enter says which one and what to do', async () => {
    if (process.getuid?.() !== 0) return;
    chmodSync(folder.path, 0o700);
    await expect(startEmbeddedPostgres(join(folder.path, 'data'), logger)).rejects.toThrow(
      new RegExp(`user \\w+ may not enter ${folder.path}; choose another --data-dir`),
    );
  });

  it.runIf(process.platform === 'linux')('where no folder can be made says so, and ends', async () => {
    await expect(startEmbeddedPostgres('/proc/flotilla', logger)).rejects.toThrow(
      "ENOENT: no such file or directory, mkdir '/proc/flotilla'",
    );
  });
});

describe('a hub with an embedded PostgreSQL', () => {
  it('that is killed takes its orphaned server over, and stops it with itself', async () => {
    execFileSync(process.execPath, ['node_modules/typescript7/bin/tsc', '-b', 'hub'], {
      cwd: repositoryRoot(),
    });
    const log = join(folder.path, 'hub.log');
    const first = await startFlotillaHub({ dataDir: folder.path, log });
    const pid = serverPid();
    await first.process.stop('SIGKILL');
    expect(runs(pid!)).toBe(true);
    const second = await startFlotillaHub({ dataDir: folder.path, log, ports: first.ports });
    expect(serverPid()).toBe(pid);
    expect((await fetch(`${second.url}/readyz`)).status).toBe(200);
    await second.stop();
    expect(runs(pid!)).toBe(false);
    expect(serverPid()).toBeUndefined();
  });
});
