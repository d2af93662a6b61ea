import { describe, expect, it } from 'vitest';
import { planMigrations } from './migration.js';
import type { Migration } from './migration.js';

const file = (number: number, name = `000${number}-x`, checksum = `sum${number}`): Migration => ({
  number,
  name,
  checksum,
  sql: '',
});
const names = (migrations: readonly Migration[]): string[] => migrations.map(({ name }) => name);

describe('migrations', () => {
  it.each<[string, Migration[], Migration[], string[]]>([
    ['all of them on an empty database, in order', [file(2), file(1)], [], ['0001-x', '0002-x']],
    ['the new ones on an older database', [file(1), file(2)], [file(1)], ['0002-x']],
    ['none on a database of this version', [file(1)], [file(1)], []],
    ['one with a lower number that came later', [file(1), file(2)], [file(2)], ['0001-x']],
  ])('to apply: %s', (_, files, applied, expected) => {
    expect(names(planMigrations(files, applied))).toEqual(expected);
  });

  it.each<[string, Migration[], Migration[], RegExp]>([
    [
      'a database of a newer hub',
      [file(1)],
      [file(1), file(2)],
      /has migration 0002-x, which this hub does not know; start the newer/,
    ],
    [
      'a file that was changed afterwards',
      [file(1, '0001-x', 'other')],
      [file(1)],
      /0001-x was applied with other contents/,
    ],
    ['two files with one number', [file(1), file(1, '0001-y')], [], /0001-x and 0001-y have the same number/],
  ])('refuse %s', (_, files, applied, message) => {
    expect(() => planMigrations(files, applied)).toThrow(message);
  });
});
