import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { secureJoin } from './secure-join.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'join-'));
  await mkdir(path.join(root, 'a/b'), { recursive: true });
  await symlink('/etc', path.join(root, 'absolute'));
  await symlink('../../../../etc', path.join(root, 'a/relative'));
  await symlink('a/b', path.join(root, 'inside'));
  await symlink('loop', path.join(root, 'loop'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('a path of a repository below its folder', () => {
  it.each([
    ['', ''],
    ['.', ''],
    ['a/b/c', 'a/b/c'],
    ['/a//./b/', 'a/b'],
    ['../../etc/passwd', 'etc/passwd'],
    ['a/../../x', 'x'],
    ['absolute/passwd', 'etc/passwd'],
    ['a/relative/passwd', 'etc/passwd'],
    ['inside/c', 'a/b/c'],
    ['not/there/../yet', 'not/yet'],
  ])('%j is %j', async (unsafe, expected) => {
    expect(await secureJoin(root, unsafe)).toBe(path.join(root, expected));
  });

  it('is refused when its symlinks have no end', async () => {
    await expect(secureJoin(root, 'loop/x')).rejects.toThrow("too many symlinks in path 'loop/x'");
  });
});
