/** One SQL file of `migrations/`. */
export interface Migration {
  readonly number: number;
  /** File name without its ending, e.g. `0002-clusters`. */
  readonly name: string;
  readonly checksum: string;
  readonly sql: string;
}

/** What the database says about a migration that it has. */
export interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
}

/** The database and this hub do not fit together. */
export class SchemaMismatchError extends Error {
  override readonly name = 'SchemaMismatchError';
}

/** Which files have to be applied, in order. @throws SchemaMismatchError */
export function planMigrations(
  files: readonly Migration[],
  applied: readonly AppliedMigration[],
): readonly Migration[] {
  const byNumber = new Map<number, Migration>();
  for (const file of files) {
    const twin = byNumber.get(file.number);
    if (twin) throw new SchemaMismatchError(`migrations: ${twin.name} and ${file.name} have the same number`);
    byNumber.set(file.number, file);
  }
  for (const { number, name, checksum } of applied) {
    const file = byNumber.get(number);
    if (!file) {
      throw new SchemaMismatchError(
        `database: it has migration ${name}, which this hub does not know; start the newer version of the hub that made it`,
      );
    }
    if (file.checksum !== checksum) {
      throw new SchemaMismatchError(
        `database: migration ${name} was applied with other contents; an applied migration is never changed, add a new one`,
      );
    }
    byNumber.delete(number);
  }
  return [...byNumber.values()].sort((a, b) => a.number - b.number);
}
