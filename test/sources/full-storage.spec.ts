import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openArtifactStore } from '@flotilla/agent/artifacts/artifact-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const owner = { kind: 'GitRepository', namespace: 'apps', name: 'web' };
let folder: string;
let volume: string;
let mounted = false;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'full-'));
  volume = path.join(folder, 'volume');
  await mkdir(volume);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', volume], { stdio: 'ignore' });
    mounted = true;
  } catch {
    // Mounting needs rights that not every machine gives.
  }
});
afterAll(async () => {
  if (mounted) execFileSync('umount', [volume]);
  await rm(folder, { recursive: true, force: true });
});

describe('a full storage volume', () => {
  it('is named in the error, and the previous artifact stays', async (context) => {
    if (!mounted) return context.skip('no right to mount a small volume');
    const store = await openArtifactStore({ root: volume, advertisedAddress: 'x', now: () => Date.now() });
    const directory = path.join(folder, 'in');
    await mkdir(directory);
    await writeFile(path.join(directory, 'small'), 'x');
    const before = await store.pack({ owner, revision: 'r1', fileName: 'a.tar.gz', directory });
    await writeFile(path.join(directory, 'large'), randomBytes(4_000_000));

    const failing = store.pack({ owner, revision: 'r2', fileName: 'a.tar.gz', directory });

    await expect(failing).rejects.toThrow(
      `storing gitrepository/apps/web/a.tar.gz: no space left on device below ${volume}; ` +
        'enlarge the storage volume or shorten the retention',
    );
    expect(await store.verify(before)).toBe('ok');
    const tree = await store.openTree(before);
    expect(tree).toBeDefined();
  });
});
