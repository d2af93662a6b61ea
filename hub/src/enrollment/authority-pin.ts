import type { DataSource } from 'typeorm';

/**
 * Makes sure that all replicas on one database sign with the same authority; agents of the one would refuse the
 * other. The first hub on a database decides. @throws Error
 */
export async function agreeOnAuthority(dataSource: DataSource, pin: string): Promise<void> {
  await dataSource.query(
    `INSERT INTO hub_settings (key, value) VALUES ('authority-pin', $1) ON CONFLICT (key) DO NOTHING`,
    [pin],
  );
  const rows = await dataSource.query<{ value: string }[]>(
    `SELECT hub_settings.value FROM hub_settings WHERE key = 'authority-pin'`,
  );
  const known = rows[0]?.value;
  if (known === pin) return;
  throw new Error(
    `certificate authority: the fleet in this database trusts another one (pin ${known}, here ${pin}); ` +
      'give every replica the same --ca-cert and --ca-key, or the data folder of the first hub',
  );
}
