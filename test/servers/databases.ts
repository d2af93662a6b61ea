// Fresh databases on a PostgreSQL server, copied from a template that is made once.
import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface Databases {
  /** Makes an empty database, or a copy of a template; returns its URL. A copy takes some 30 ms. */
  createDatabase(template?: string): Promise<string>;
  /** Makes the template `name` unless it is there: an empty database that `fill` (migrations, say) has prepared. */
  ensureTemplate(name: string, fill: (databaseUrl: string) => Promise<unknown>): Promise<void>;
  /** Drops a database by its URL, whoever is still connected. */
  dropDatabase(databaseUrl: string): Promise<void>;
}

/** Taken while a template is made, so that of two processes one makes it and the other waits. */
const templateLock = 0x7465_6d70;

/** Databases on the server whose superuser URL is `adminUrl`. */
export function databasesOf(adminUrl: string): Databases {
  const withDatabase = (name: string) => Object.assign(new URL(adminUrl), { pathname: `/${name}` }).href;
  return {
    async createDatabase(template) {
      const name = `test_${randomBytes(6).toString('hex')}`;
      const from = template === undefined ? '' : ` TEMPLATE ${pg.escapeIdentifier(template)}`;
      await query(adminUrl, (client) => client.query(`CREATE DATABASE ${name}${from}`));
      return withDatabase(name);
    },
    async ensureTemplate(name, fill) {
      await query(adminUrl, async (client) => {
        await client.query('SELECT pg_advisory_lock($1)', [templateLock]);
        const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
        if (found.rowCount) return;
        // Filled under another name: a template that exists is complete.
        const draft = `draft_${randomBytes(6).toString('hex')}`;
        await client.query(`CREATE DATABASE ${draft}`);
        await fill(withDatabase(draft));
        await client.query(`ALTER DATABASE ${draft} RENAME TO ${pg.escapeIdentifier(name)}`);
      });
    },
    async dropDatabase(databaseUrl) {
      const name = new URL(databaseUrl).pathname.slice(1);
      await query(adminUrl, (client) =>
        client.query(`DROP DATABASE ${pg.escapeIdentifier(name)} WITH (FORCE)`),
      );
    },
  };
}

/** True when a server answers at `url`. */
export async function canConnect(url: string): Promise<boolean> {
  await query(url, (client) => client.query('SELECT 1'));
  return true;
}

async function query<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
