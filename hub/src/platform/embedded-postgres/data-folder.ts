import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostgresPrograms } from './postgres-programs.js';
import { closedFolder } from './postgres-user.js';
import type { PostgresUser } from './postgres-user.js';

/** Name of the database superuser of the embedded server. */
export const superuser = 'flotilla';

export interface DataFolder {
  readonly path: string;
  readonly password: string;
}

/** Makes the folder of the database at the first start; an interrupted first start leaves nothing half made. */
export async function openDataFolder(
  dataDir: string,
  programs: PostgresPrograms,
  user: PostgresUser | undefined,
): Promise<DataFolder> {
  const closed = user && closedFolder(dataDir, user);
  if (closed) {
    throw new Error(
      `embedded PostgreSQL: user ${user.name} may not enter ${closed}; choose another --data-dir, ` +
        `for example below /var/lib, or set DATABASE_URL`,
    );
  }
  const password = await readPassword(join(dataDir, 'postgres-password'));
  const path = join(dataDir, 'postgres');
  if (!existsSync(join(path, 'PG_VERSION'))) await initialise(path, password, programs, user);
  // A volume that is mounted with fsGroup gives its group all rights, and PostgreSQL then refuses to start.
  else await chmod(path, 0o700);
  return { path, password };
}

async function readPassword(file: string): Promise<string> {
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known.trim() !== '') return known.trim();
  const password = randomBytes(24).toString('base64url');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
}

async function initialise(
  path: string,
  password: string,
  programs: PostgresPrograms,
  user: PostgresUser | undefined,
): Promise<void> {
  const fresh = `${path}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  const secret = await mkdtemp(join(tmpdir(), 'flotilla-initdb-'));
  const passwordFile = join(secret, 'password');
  try {
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    if (user) await Promise.all([fresh, secret, passwordFile].map((own) => chown(own, user.uid, user.gid)));
    await chmod(secret, 0o700);
    await runInitdb(programs, fresh, passwordFile, user);
    await rename(fresh, path);
  } finally {
    await rm(secret, { recursive: true, force: true });
  }
}

async function runInitdb(
  programs: PostgresPrograms,
  folder: string,
  passwordFile: string,
  user: PostgresUser | undefined,
): Promise<void> {
  const flags = [`--pgdata=${folder}`, `--username=${superuser}`, `--pwfile=${passwordFile}`];
  const child = spawn(programs.initdb, [...flags, '--auth=scram-sha-256', '--encoding=UTF8', '--no-locale'], {
    cwd: '/',
    env: { LC_ALL: 'C', PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(user && { uid: user.uid, gid: user.gid }),
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`embedded PostgreSQL: initdb failed: ${output.trim()}`);
}
