import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeClearFolder, removeAbandonedClearFolders } from './clear-folder.js';

describe('folders for clear text', () => {
  let parent: string;
  beforeEach(() => {
    parent = mkdtempSync(path.join(tmpdir(), 'clear-'));
  });
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  function left(pid: number | string): string {
    const folder = path.join(parent, `flotilla-clear-${pid}-left`);
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'secret'), 'x');
    return folder;
  }

  it('are for this user alone', async () => {
    const folder = await makeClearFolder(path.join(parent, 'not-there-yet'));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('go when their process is dead, or was an earlier start with the same id', async () => {
    // Beyond what Linux gives to any process.
    const folders = [left(99_999_999), left(process.pid)];
    await removeAbandonedClearFolders(parent);
    expect(folders.map((folder) => existsSync(folder))).toEqual([false, false]);
  });

  it('need not be there to be cleaned up', async () => {
    await expect(removeAbandonedClearFolders(path.join(parent, 'nowhere'))).resolves.toBeUndefined();
  });

  it('stay when their process lives, and so does everything else', async () => {
    const own = await makeClearFolder(parent);
    const folders = [own, left(process.ppid), left('x')];
    await removeAbandonedClearFolders(parent);
    expect(folders.map((folder) => existsSync(folder))).toEqual([true, true, true]);
  });
});
