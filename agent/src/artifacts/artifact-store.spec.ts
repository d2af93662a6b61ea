import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Artifact, ArtifactStore } from './artifact.js';
import { openArtifactStore, type ArtifactStoreOptions } from './artifact-store.js';

const owner = { kind: 'GitRepository', namespace: 'apps', name: 'web' };
const sibling = { ...owner, name: 'api' };
const now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

let folder: string;
let root: string;
let store: ArtifactStore;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'store-'));
  root = path.join(folder, 'store');
  store = await open();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function open(options: Partial<ArtifactStoreOptions> = {}): Promise<ArtifactStore> {
  return openArtifactStore({ root, advertisedAddress: 'store.local', now: () => now, ...options });
}

async function source(files: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(path.join(folder, 'in-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
    await writeFile(path.join(directory, name), content);
  }
  return directory;
}

async function pack(files: Record<string, string>, fileName = 'one.tar.gz', of = owner): Promise<Artifact> {
  return store.pack({ owner: of, revision: 'main@sha1:1', fileName, directory: await source(files) });
}

const stored = (artifact: Artifact) => path.join(root, artifact.path);
const linksOf = async (artifact: Artifact) => (await stat(stored(artifact))).nlink;
const blobs = () => readdir(path.join(root, '.flotilla/blobs'));
const trees = async () =>
  (await readdir(path.join(root, '.flotilla/trees'))).filter((name) => !name.startsWith('.'));

describe('storing an artifact (flux-compat 2.1)', () => {
  it('describes the stored file', async () => {
    const artifact = await pack({ 'a.yaml': 'kind: A' });

    const bytes = await readFile(stored(artifact));
    expect(artifact).toEqual({
      digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
      lastUpdateTime: '2026-01-02T03:04:05Z',
      path: 'gitrepository/apps/web/one.tar.gz',
      revision: 'main@sha1:1',
      size: bytes.length,
      url: 'http://store.local/gitrepository/apps/web/one.tar.gz',
    });
    expect((await stat(stored(artifact))).mode & 0o777).toBe(0o600);
    expect(gunzipSync(bytes).includes('kind: A')).toBe(true);
  });

  it('uses the digest algorithm that it is told', async () => {
    store = await open({ digestAlgorithm: 'sha512' });

    expect((await pack({ a: 'x' })).digest).toMatch(/^sha512:[0-9a-f]{128}$/);
  });

  it('gives the same tree the same digest and keeps its content once', async () => {
    const [one, two] = [await pack({ a: 'x' }), await pack({ a: 'x' }, 'two.tar.gz', sibling)];

    expect(two.digest).toBe(one.digest);
    expect((await stat(stored(one))).ino).toBe((await stat(stored(two))).ino);
    expect(await linksOf(one)).toBe(3);
  });

  it('replaces a file of the same name in one step', async () => {
    const before = await pack({ a: 'x' });
    const after = await pack({ a: 'y' });

    expect(after.path).toBe(before.path);
    expect(await store.verify(after)).toBe('ok');
    expect(await store.verify(before)).toBe('corrupt');
  });

  it('stores the same content twice in the same place without leaving anything behind', async () => {
    await pack({ a: 'x' });
    await pack({ a: 'x' });

    expect(await readdir(path.join(root, 'gitrepository/apps/web'))).toEqual(['one.tar.gz']);
  });

  it('leaves the old artifact and no rest when storing fails', async () => {
    const before = await pack({ a: 'x' });
    const failing = store.pack({
      owner,
      revision: 'r',
      fileName: 'one.tar.gz',
      directory: '/no/such/folder',
    });

    await expect(failing).rejects.toThrow('storing gitrepository/apps/web/one.tar.gz: ENOENT');
    expect(await store.verify(before)).toBe('ok');
    expect(await readdir(path.join(root, '.flotilla/work'))).toEqual([]);
  });

  it.each([
    ['a name that leads outside', { ...owner, name: '..' }, 'x.tar.gz'],
    ['a namespace with a separator', { ...owner, namespace: 'a/b' }, 'x.tar.gz'],
    ['a hidden file', owner, '.x'],
    ['a file with a separator', owner, '../x'],
  ])('refuses %s', async (_, of, fileName) => {
    const directory = await source({});

    await expect(store.pack({ owner: of, revision: 'r', fileName, directory })).rejects.toThrow(
      'not a safe path',
    );
  });

  it.each([
    ['elsewhere:80', 'http://elsewhere:80'],
    ['https://artifacts.test/store/', 'https://artifacts.test/store'],
  ])('gives the address at which it serves now: %s', async (advertisedAddress, base) => {
    const artifact = await pack({ a: 'x' });
    const moved = await open({ advertisedAddress });

    expect(moved.withCurrentUrl(artifact).url).toBe(`${base}/${artifact.path}`);
  });
});

describe('verifying', () => {
  it('finds a file that is gone', async () => {
    const artifact = await pack({ a: 'x' });
    await rm(stored(artifact));

    expect(await store.verify(artifact)).toBe('missing');
  });

  it('finds a file whose content changed, even with its old time', async () => {
    const artifact = await pack({ a: 'x' });
    const { mtime } = await stat(stored(artifact));
    const bytes = await readFile(stored(artifact));
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    await writeFile(stored(artifact), bytes);
    await utimes(stored(artifact), mtime, mtime);

    expect(await store.verify(artifact)).toBe('corrupt');
  });

  it('heals shared content: storing again does not link to the damaged copy', async () => {
    const [one, two] = [await pack({ a: 'x' }), await pack({ a: 'x' }, 'two.tar.gz', sibling)];
    await appendFile(stored(one), 'damage');
    expect(await store.verify(two)).toBe('corrupt');

    const healed = await pack({ a: 'x' }, 'two.tar.gz', sibling);

    expect(healed.digest).toBe(two.digest);
    expect(await store.verify(healed)).toBe('ok');
  });

  it('calls an artifact of a path outside of the store missing', async () => {
    const artifact = await pack({ a: 'x' });

    expect(await store.verify({ ...artifact, path: '../../etc/passwd' })).toBe('missing');
  });
});

describe('opening the files', () => {
  it('unpacks once and shares the tree among readers at the same time', async () => {
    const artifact = await pack({ 'dir/a.yaml': 'kind: A' });

    const opened = await Promise.all(Array.from({ length: 20 }, () => store.openTree(artifact)));

    expect(new Set(opened.map((tree) => tree?.root)).size).toBe(1);
    expect(await readFile(path.join(opened[0]?.root ?? '', 'dir/a.yaml'), 'utf8')).toBe('kind: A');
  });

  it('keeps the tree over a restart', async () => {
    const artifact = await pack({ a: 'x' });
    const before = await stat((await store.openTree(artifact))?.root ?? '');

    const after = await (await open()).openTree(artifact);

    expect((await stat(after?.root ?? '')).ino).toBe(before.ino);
  });

  it('throws trees of an earlier boot away: they may be incomplete', async () => {
    const artifact = await pack({ a: 'x' });
    const tree = await store.openTree(artifact);
    await rm(path.join(tree?.root ?? '', 'a'));
    await writeFile(path.join(root, '.flotilla/trees/.boot'), 'another boot');

    const again = await (await open()).openTree(artifact);

    expect(await readdir(again?.root ?? '')).toEqual(['a']);
  });

  it('does not hold what it does not have', async () => {
    const artifact = await pack({ a: 'x' });

    expect(
      await store.openTree({ ...artifact, path: 'gitrepository/apps/other/one.tar.gz' }),
    ).toBeUndefined();
    expect(await store.openTree({ ...artifact, digest: 'md5:00' })).toBeUndefined();
    expect(await store.openTree({ ...artifact, path: '../../x' })).toBeUndefined();
  });

  it('refuses a damaged archive and leaves no half tree', async () => {
    const artifact = await pack({ a: 'x' });
    await appendFile(stored(artifact), 'damage');

    await expect(store.openTree(artifact)).rejects.toThrow(
      /^artifact gitrepository\/apps\/web\/one.tar.gz: /,
    );
    expect(await trees()).toEqual([]);
  });

  it('keeps a tree that is read while its artifact goes, and removes it afterwards', async () => {
    const artifact = await pack({ a: 'x' });
    const tree = await store.openTree(artifact);

    await store.removeAll(owner);
    expect(await readFile(path.join(tree?.root ?? '', 'a'), 'utf8')).toBe('x');

    await tree?.release();
    await tree?.release();
    await pack({ b: 'y' }, 'b.tar.gz', sibling);
    await store.removeAll(sibling);
    expect(await trees()).toEqual([]);
  });
});

describe('importing an archive from elsewhere', () => {
  async function exported(): Promise<{ artifact: Artifact; file: string }> {
    const artifact = await pack({ 'a.yaml': 'kind: A' });
    const file = path.join(folder, 'archive.tar.gz');
    await writeFile(file, await readFile(stored(artifact)));
    await store.removeAll(owner);
    return { artifact, file };
  }

  it('checks the digest, unpacks, and knows the tree from then on', async () => {
    const { artifact, file } = await exported();
    expect(await store.openTree(artifact)).toBeUndefined();

    const tree = await store.importArchive(artifact, createReadStream(file));

    expect(await readFile(path.join(tree.root, 'a.yaml'), 'utf8')).toBe('kind: A');
    expect((await store.openTree(artifact))?.root).toBe(tree.root);
  });

  it('does not hand imported content to an object that only claims its digest', async () => {
    const { artifact, file } = await exported();
    await store.importArchive(artifact, createReadStream(file));

    expect(await store.openTree({ ...artifact, url: 'http://attacker/x.tar.gz' })).toBeUndefined();
  });

  it('refuses another content', async () => {
    const { artifact, file } = await exported();
    await appendFile(file, 'x');

    await expect(store.importArchive(artifact, createReadStream(file))).rejects.toThrow(
      /computed digest sha256:[0-9a-f]+ does not match sha256:/,
    );
    expect(await trees()).toEqual([]);
  });

  it('stops at its size limit', async () => {
    const { artifact, file } = await exported();
    store = await open({ maxImportBytes: 10 });

    await expect(store.importArchive(artifact, createReadStream(file))).rejects.toThrow('more than 10 bytes');
    expect(await readdir(path.join(root, '.flotilla/work'))).toEqual([]);
  });
});

describe('removing', () => {
  it('collects expired files, their content and their trees, but not what others share', async () => {
    await pack({ a: 'old' }, 'old.tar.gz');
    const shared = await pack({ a: 'shared' }, 'shared.tar.gz');
    await pack({ a: 'shared' }, 'shared.tar.gz', sibling);
    await (await store.openTree(shared))?.release();
    const current = await pack({ a: 'new' }, 'new.tar.gz');
    for (const name of ['old', 'shared', 'new']) {
      const file = path.join(root, `gitrepository/apps/web/${name}.tar.gz`);
      await utimes(file, (now - 61_000) / 1000, (now - 61_000) / 1000);
    }

    const removed = await store.collectGarbage(owner, current);

    expect(new Set(removed)).toEqual(
      new Set(['gitrepository/apps/web/old.tar.gz', 'gitrepository/apps/web/shared.tar.gz']),
    );
    expect(await blobs()).toHaveLength(2);
    expect(await trees()).toEqual([shared.digest.replace(':', '-')]);
  });

  it('counts the age from when the artifact was stored, not from when its content first was', async () => {
    store = await open({ retention: { ttlMs: 60_000, records: 3 } });
    const first = await pack({ a: 'one' }, '1.tar.gz');
    await utimes(stored(first), (now - 61_000) / 1000, (now - 61_000) / 1000);
    await pack({ a: 'one' }, '2.tar.gz');
    const current = await pack({ a: 'two' }, '3.tar.gz');

    expect(await store.collectGarbage(owner, current)).toEqual([]);
  });

  it('stops a collection after five seconds, and goes on with the next one', async () => {
    let slow = 0;
    let time = now;
    store = await open({ now: () => (time += slow) });
    const current = await pack({ a: 'new' }, 'new.tar.gz');
    const folder = path.join(root, 'gitrepository/apps/web');
    for (const name of ['1', '2', '3', '4']) await writeFile(path.join(folder, name), 'x');
    for (const name of ['1', '2', '3', '4']) await utimes(path.join(folder, name), 1, 1);

    slow = 700;
    const removed = await store.collectGarbage(owner, current);
    expect(removed.length).toBeGreaterThan(0);
    expect(removed.length).toBeLessThan(4);
    slow = 0;
    expect(await store.collectGarbage(owner, current)).toHaveLength(4 - removed.length);
    expect(await readdir(folder)).toEqual(['new.tar.gz']);
  });

  it('removes everything of a deleted owner and says whether there was something', async () => {
    await pack({ a: 'x' });

    expect(await store.removeAll(owner)).toBe(true);
    expect(await store.removeAll(owner)).toBe(false);
    expect(await readdir(path.join(root, 'gitrepository'))).toEqual([]);
    expect(await blobs()).toEqual([]);
  });

  it('cleans up after an interrupted run when it opens', async () => {
    await writeFile(path.join(root, '.flotilla/blobs', `sha256-${'0'.repeat(64)}`), 'never linked');
    await writeFile(path.join(root, '.flotilla/work/pack-1'), 'half');

    await open();

    expect(await blobs()).toEqual([]);
    expect(await readdir(path.join(root, '.flotilla/work'))).toEqual([]);
  });
});
