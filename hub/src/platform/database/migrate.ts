import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { planMigrations } from './migration.js';
import type { AppliedMigration, Migration } from './migration.js';

/** The folder `migrations/` of the repository and of the image. */
export const migrationsFolder = fileURLToPath(new URL('../../../../migrations', import.meta.url));

const fileName = /^(\d{4})-[a-z0-9-]+\.sql$/;
/** Replicas that start together migrate one after the other. */
const migrationLock = 0x666d_6967;
/** As `server_version_num`. */
const oldestServer = 140_000;

/** Reads every `NNNN-what.sql`. */
export async function readMigrations(folder: string = migrationsFolder): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => fileName.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(`${folder}/${name}`, 'utf8');
      const checksum = createHash('sha256').update(sql).digest('hex');
      return { number: Number(name.slice(0, 4)), name: name.slice(0, -'.sql'.length), checksum, sql };
    }),
  );
}

/** Brings the schema up to date, each file in a transaction of its own. Gives the names that were applied. */
export async function migrate(databaseUrl: string, files?: readonly Migration[]): Promise<readonly string[]> {
  const migrations = files ?? (await readMigrations());
  const client = await connect(databaseUrl);
  try {
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    await client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
      number integer PRIMARY KEY,
      name text NOT NULL,
      checksum text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now())`);
    const applied = await client.query<AppliedMigration>(
      'SELECT number, name, checksum FROM schema_migrations ORDER BY number',
    );
    const pending = planMigrations(migrations, applied.rows);
    for (const migration of pending) await apply(client, migration);
    return pending.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

async function connect(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'flotilla-hub migrate',
    connectionTimeoutMillis: 10_000,
  });
  // A connection that breaks fails the query that is under way.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    // Names with several addresses fail with an error that holds one for each, and no text of its own.
    const errors = cause instanceof AggregateError ? cause.errors : [cause];
    const reason = errors.map((error) => (error instanceof Error ? error.message : String(error))).join('; ');
    const { host, pathname } = new URL(databaseUrl);
    throw new Error(`database: cannot connect to ${host}${pathname}: ${reason}; check --database-url`, {
      cause,
    });
  }
  const { rows } = await client.query<{ version: number }>(
    `SELECT current_setting('server_version_num')::int AS version`,
  );
  if ((rows[0]?.version ?? 0) >= oldestServer) return client;
  await client.end();
  throw new Error(
    `database: the server has version ${Math.floor((rows[0]?.version ?? 0) / 10_000)}; the hub needs PostgreSQL 14 or newer`,
  );
}

async function apply(client: pg.Client, { number, name, checksum, sql }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query('INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)', [
      number,
      name,
      checksum,
    ]);
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK');
    throw new Error(`migration ${name}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
