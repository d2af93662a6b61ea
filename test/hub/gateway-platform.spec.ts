import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openAuthority } from '@flotilla/hub/enrollment/authority-files';
import { CertificateAuthority } from '@flotilla/hub/enrollment/certificate-authority';
import { migrate, readMigrations } from '@flotilla/hub/platform/database/migrate';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHub } from '../servers/hub.js';
import type { Databases } from '../servers/databases.js';
import { freePort } from '../servers/ports.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { temporaryFolder } from '../servers/temporary-folder.js';

const folder = temporaryFolder('platform');
let postgres: Databases;

beforeAll(async () => {
  postgres = await sharedPostgres();
});
afterAll(() => folder.remove());

const migration = (
  number: number,
  sql: string,
): { number: number; name: string; checksum: string; sql: string } => ({
  number,
  name: `${String(number).padStart(4, '0')}-x`,
  checksum: sql,
  sql,
});

describe('the migrations', () => {
  it('of the repository are applied once, also by replicas that start together', async () => {
    const url = await postgres.createDatabase();
    const applied = await Promise.all([migrate(url), migrate(url), migrate(url)]);
    const all = (await readMigrations()).map(({ name }) => name);
    expect(applied.flat().sort()).toEqual([...all].sort());
    expect(await migrate(url)).toEqual([]);
  });

  it('that fail leave nothing behind, and name themselves', async () => {
    const url = await postgres.createDatabase();
    const files = [
      migration(1, 'CREATE TABLE one (id text)'),
      migration(2, 'CREATE TABLE two (id text); SELECT nonsense'),
    ];
    await expect(migrate(url, files)).rejects.toThrow('migration 0002-x: column "nonsense" does not exist');
    expect(await migrate(url, [files[0]!, migration(2, 'CREATE TABLE two (id text)')])).toEqual(['0002-x']);
  });

  it('of a newer hub are not touched', async () => {
    const url = await postgres.createDatabase();
    await migrate(url, [migration(1, 'SELECT 1'), migration(9999, 'SELECT 1')]);
    await expect(migrate(url, [migration(1, 'SELECT 1')])).rejects.toThrow(
      /9999-x, which this hub does not know/,
    );
  });

  it('say where they could not connect, without the password', async () => {
    const port = await freePort();
    await expect(migrate(`postgres://u:hunter2@localhost:${port}/fleet`)).rejects.toThrow(
      new RegExp(
        `^database: cannot connect to localhost:${port}/fleet: .*ECONNREFUSED.*; check --database-url$`,
      ),
    );
  });
});

describe('the probes', () => {
  it('tell a living hub from one that can answer', async () => {
    const url = await postgres.createDatabase();
    const hub = await startTestHub({ databaseUrl: url });
    const status = async (path: string): Promise<number> => (await fetch(`${hub.httpUrl}${path}`)).status;
    expect([await status('/healthz'), await status('/readyz'), await status('/metrics')]).toEqual([
      200, 200, 200,
    ]);
    const admin = new pg.Client({ connectionString: (await sharedPostgres()).url });
    await admin.connect();
    const name = new URL(url).pathname.slice(1);
    await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    await expect.poll(() => status('/readyz')).toBe(503);
    expect(await status('/healthz')).toBe(200);
    await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    await expect.poll(() => status('/readyz'), { timeout: 5000 }).toBe(200);
    await admin.end();
    await hub.stop();
  });
});

describe('the certificate authority', () => {
  it('is made once in the data folder, readable by nobody else', async () => {
    const dataDir = join(folder.path, 'once');
    const files = { dataDir, caCert: undefined, caKey: undefined };
    const pins = await Promise.all([1, 2, 3].map(async () => (await openAuthority(files, new Date())).pin));
    expect(new Set(pins).size).toBe(1);
    expect((await openAuthority(files, new Date())).pin).toBe(pins[0]);
    expect(statSync(join(dataDir, 'ca.pem')).mode & 0o777).toBe(0o600);
  });

  it.each<[string, () => Promise<{ cert: string; key: string } | undefined>, RegExp]>([
    ['a key without a certificate', async () => undefined, /--ca-cert and --ca-key belong together/],
    [
      'the key of another one',
      async () => ({
        cert: (await CertificateAuthority.create(new Date())).certificate,
        key: (await CertificateAuthority.create(new Date())).privateKey,
      }),
      /the key does not fit the certificate/,
    ],
    ['no PEM', async () => ({ cert: 'x', key: 'y' }), /the certificate is not PEM/],
    [
      'a certificate that is none of an authority',
      async () => {
        const ca = await CertificateAuthority.create(new Date());
        const authority = await CertificateAuthority.open(ca.certificate, ca.privateKey);
        const server = await authority.issueServer(['localhost'], 60_000, new Date());
        return { cert: server.certificateChain, key: server.privateKey };
      },
      /is not one of an authority/,
    ],
  ])('from files is refused with %s', async (_, files, message) => {
    const given = await files();
    const caCert = join(folder.path, 'given.crt');
    const caKey = join(folder.path, 'given.key');
    writeFileSync(caCert, given?.cert ?? '');
    writeFileSync(caKey, given?.key ?? '');
    chmodSync(caKey, 0o600);
    const settings = { dataDir: folder.path, caCert: given ? caCert : undefined, caKey };
    await expect(openAuthority(settings, new Date())).rejects.toThrow(message);
  });
});
