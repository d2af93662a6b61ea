import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadIgnoreRules } from './ignore-rules.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'ignore-'));
  await mkdir(path.join(root, 'dir/.git'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('the ignore rules of a tree (flux-compat 2.3)', () => {
  it('come from the files of all folders, each for its own folder', async () => {
    await writeFile(path.join(root, 'dir/.sourceignore'), '*.md\n');

    const excluded = await loadIgnoreRules(root, undefined);

    expect(excluded('dir/a.md', false)).toBe(true);
    expect(excluded('a.md', false)).toBe(false);
    expect(excluded('a.png', false)).toBe(false);
  });

  it('are not read from version control or through a symlink', async () => {
    await writeFile(path.join(root, 'dir/.git/.sourceignore'), '*\n');
    await writeFile(path.join(root, 'elsewhere'), '*\n');
    await symlink('elsewhere', path.join(root, '.sourceignore'));

    const excluded = await loadIgnoreRules(root, undefined);

    expect(excluded('a.yaml', false)).toBe(false);
    expect(excluded('a.png', false)).toBe(true);
  });

  it('come from folders whose names are no text, too', async () => {
    const folder = Buffer.concat([Buffer.from(`${root}/dir-`), Buffer.of(0xe9)]);
    await mkdir(folder);
    await writeFile(Buffer.concat([folder, Buffer.from('/.sourceignore')]), '*.md\n');

    const excluded = await loadIgnoreRules(root, undefined);

    expect(excluded('dir-\ufffd/a.md', false)).toBe(true);
    expect(excluded('a.md', false)).toBe(false);
  });

  it('refuse a file that is far too large', async () => {
    await writeFile(path.join(root, '.sourceignore'), 'x'.repeat(1024 * 1024 + 1));

    await expect(loadIgnoreRules(root, undefined)).rejects.toThrow(
      '.sourceignore is larger than 1048576 bytes',
    );
  });
});
