import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres } from '../servers/postgres.js';
import type { Postgres } from '../servers/postgres.js';

describe('postgres', () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  async function rows(url: string, sql: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  it('copies a template that two callers ask for and one fills', async () => {
    let filled = 0;
    const fill = async (url: string) => {
      filled += 1;
      await rows(url, 'CREATE TABLE ships AS SELECT 1 AS id');
    };
    await Promise.all([postgres.ensureTemplate('migrated', fill), postgres.ensureTemplate('migrated', fill)]);
    expect(filled).toBe(1);
    const [one, other] = await Promise.all([
      postgres.createDatabase('migrated'),
      postgres.createDatabase('migrated'),
    ]);
    await rows(one, 'INSERT INTO ships VALUES (2)');
    expect(await rows(one, 'SELECT id FROM ships ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await rows(other, 'SELECT id FROM ships')).toEqual([{ id: 1 }]);
  });

  it('leaves no template behind when filling it fails', async () => {
    await expect(
      postgres.ensureTemplate('broken', () => Promise.reject(new Error('bad migration'))),
    ).rejects.toThrow('bad migration');
    await expect(postgres.createDatabase('broken')).rejects.toThrow('does not exist');
  });

  it('drops a database under its clients', async () => {
    const url = await postgres.createDatabase();
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    await postgres.dropDatabase(url);
    await expect(rows(url, 'SELECT 1')).rejects.toThrow('does not exist');
    await client.end();
  });
});
