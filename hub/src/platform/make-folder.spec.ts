import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder } from './make-folder.js';

const root = mkdtempSync(join(tmpdir(), 'flotilla-folder-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('a folder that is made', () => {
  it('comes with those above it, and may be there already', async () => {
    const folder = join(root, 'a', 'b', 'c');
    await makeFolder(folder, 0o700);
    await makeFolder(folder, 0o755);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('may be made by many at once', async () => {
    const folders = Array.from({ length: 20 }, (_, index) => join(root, 'many', 'of', `${index}`));
    await Promise.all(folders.map((folder) => makeFolder(folder, 0o700)));
    expect(folders.every((folder) => statSync(folder).isDirectory())).toBe(true);
  });

  it.runIf(process.platform === 'linux')('is an error where no folder can be made: /proc', async () => {
    await expect(makeFolder('/proc/flotilla/data', 0o700)).rejects.toMatchObject({
      code: 'ENOENT',
      path: '/proc/flotilla',
    });
  });

  it('is an error where a file stands in its way', async () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    await expect(makeFolder(file, 0o700)).rejects.toMatchObject({ code: 'EEXIST', path: file });
    await expect(makeFolder(join(file, 'x'), 0o700)).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
