import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Header, list } from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packArchive } from './pack-archive.js';
import { unpackArchive } from './unpack-archive.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'archive-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(relative: string, content: string | Buffer, mode = 0o644): Promise<void> {
  const file = path.join(folder, 'in', relative);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  await chmod(file, mode);
}

async function pack(excluded?: (path: string, isDirectory: boolean) => boolean): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of packArchive(path.join(folder, 'in'), excluded)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

interface Listed {
  path: string;
  type: string;
  mode: number | undefined;
  uid: number | undefined;
  mtime: number | undefined;
}

function entries(archive: Buffer): Listed[] {
  const listed: Listed[] = [];
  const parser = list({
    sync: false,
    onReadEntry: (entry) =>
      listed.push({
        path: entry.path,
        type: entry.type,
        mode: entry.mode,
        uid: entry.uid,
        mtime: entry.mtime?.getTime(),
      }),
  });
  parser.end(archive);
  return listed;
}

async function* chunks(...buffers: Buffer[]): AsyncGenerator<Buffer> {
  for (const buffer of buffers) yield buffer;
}

function entry(init: {
  path: string;
  type?: 'File' | 'SymbolicLink' | 'Link';
  linkpath?: string;
  body?: string;
}) {
  const body = Buffer.from(init.body ?? '');
  const header = new Header({
    path: init.path,
    mode: 0o644,
    size: body.length,
    type: init.type ?? 'File',
    ...(init.linkpath ? { linkpath: init.linkpath } : {}),
  });
  const block = Buffer.alloc(512);
  header.encode(block, 0);
  return Buffer.concat([block, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

describe('an archive (flux-compat 2.1)', () => {
  it('lists the root and everything below in byte order, with fixed modes, owner and time', async () => {
    await write('b/run.sh', '#!/bin/sh', 0o755);
    await write('b-a.yaml', 'x', 0o666);
    await write('B.yaml', 'x');
    await write('a.yaml', 'x');

    expect(entries(await pack())).toEqual([
      { path: '.', type: 'Directory', mode: 0o750, uid: 0, mtime: 0 },
      { path: 'B.yaml', type: 'File', mode: 0o600, uid: 0, mtime: 0 },
      { path: 'a.yaml', type: 'File', mode: 0o600, uid: 0, mtime: 0 },
      { path: 'b', type: 'Directory', mode: 0o750, uid: 0, mtime: 0 },
      { path: 'b/run.sh', type: 'File', mode: 0o700, uid: 0, mtime: 0 },
      { path: 'b-a.yaml', type: 'File', mode: 0o600, uid: 0, mtime: 0 },
    ]);
  });

  it('is the same, byte by byte, for the same tree written at another time', async () => {
    await write('dir/a.yaml', 'kind: A');
    const first = await pack();
    await rm(path.join(folder, 'in'), { recursive: true });
    await write('dir/a.yaml', 'kind: A', 0o600);
    await utimes(path.join(folder, 'in/dir/a.yaml'), 1, 1);

    expect(first.equals(await pack())).toBe(true);
  });

  it('leaves symlinks out, also those that lead to a folder', async () => {
    await write('dir/a.yaml', 'x');
    await symlink('dir', path.join(folder, 'in/linked-folder'));
    await symlink('/etc/passwd', path.join(folder, 'in/passwd'));

    expect(entries(await pack()).map((e) => e.path)).toEqual(['.', 'dir', 'dir/a.yaml']);
  });

  it('still enters an excluded folder and asks for each of its files', async () => {
    await write('dir/keep.yaml', 'x');
    await write('dir/drop.yaml', 'x');

    const archive = await pack((p) => p.startsWith('dir') && p !== 'dir/keep.yaml');

    expect(entries(archive).map((e) => e.path)).toEqual(['.', 'dir/keep.yaml']);
  });

  it.each([
    ['a path over 100 bytes', `${'d'.repeat(90)}/${'f'.repeat(120)}.yaml`],
    ['a path that is not ASCII', 'über/größe.yaml'],
    ['a path that looks like a drive', 'c:/d:x.yaml'],
    ['a path with line ends, blanks and backslashes', ' a\nb /c\\d.yaml '],
  ])('comes back as it was with %s', async (_, name) => {
    await write(name, 'content');

    await unpackArchive(chunks(await pack()), path.join(folder, 'out'));

    expect((await stat(path.join(folder, 'out', name))).size).toBe(7);
  });

  it('holds files whose names are no text, with what is none replaced', async () => {
    const name = (text: string) => Buffer.concat([Buffer.from(text), Buffer.of(0xe9)]);
    const directory = name(path.join(folder, 'in', 'dir-'));
    await mkdir(directory, { recursive: true });
    await writeFile(Buffer.concat([directory, name('/file-')]), 'content');

    await unpackArchive(chunks(await pack()), path.join(folder, 'out'));

    expect((await stat(path.join(folder, 'out/dir-\ufffd/file-\ufffd'))).size).toBe(7);
  });

  it('comes back read-only, executables executable', async () => {
    await write('run.sh', '#!/bin/sh', 0o755);
    await write('a.yaml', 'x'.repeat(100_000));

    await unpackArchive(chunks(await pack()), path.join(folder, 'out'));

    const modeOf = async (name: string) => (await stat(path.join(folder, 'out', name))).mode & 0o777;
    expect(await modeOf('run.sh')).toBe(0o500);
    expect(await modeOf('a.yaml')).toBe(0o400);
  });
});

describe('unpacking a foreign archive', () => {
  it.each([
    ['a name with ..', entry({ path: '../evil', body: 'x' })],
    ['a name with .. inside', entry({ path: 'a/../../evil', body: 'x' })],
    ['an absolute name', entry({ path: '/tmp/evil', body: 'x' })],
  ])('refuses %s', async (_, bad) => {
    const run = unpackArchive(chunks(bad, Buffer.alloc(1024)), path.join(folder, 'out'));

    await expect(run).rejects.toThrow(/leads outside of the archive/);
    expect(await readdir(folder)).toEqual(['out']);
  });

  it('never writes through a symlink of the archive', async () => {
    const archive = [
      entry({ path: 'link', type: 'SymbolicLink', linkpath: '..' }),
      entry({ path: 'link/evil', body: 'x' }),
      entry({ path: 'hard', type: 'Link', linkpath: '/etc/passwd' }),
      Buffer.alloc(1024),
    ];

    await unpackArchive(chunks(...archive), path.join(folder, 'out'));

    expect(await readdir(folder)).toEqual(['out']);
    expect(await readdir(path.join(folder, 'out'))).toEqual(['link']);
    expect((await stat(path.join(folder, 'out/link'))).isDirectory()).toBe(true);
  });

  it('stops at its limits', async () => {
    const archive = [entry({ path: 'a', body: 'xx' }), entry({ path: 'b', body: 'xx' }), Buffer.alloc(1024)];
    const unpack = (limits: { maxBytes: number; maxEntries: number }) =>
      unpackArchive(chunks(...archive), path.join(folder, 'out'), { limits });

    await expect(unpack({ maxBytes: 3, maxEntries: 9 })).rejects.toThrow('more than 3 bytes unpacked');
    await expect(unpack({ maxBytes: 9, maxEntries: 1 })).rejects.toThrow('more than 1 entries');
  });

  it('fails on an archive that is cut off or no archive', async () => {
    const whole = Buffer.concat([entry({ path: 'a', body: 'x'.repeat(2000) }), Buffer.alloc(1024)]);

    await expect(unpackArchive(chunks(whole.subarray(0, 900)), path.join(folder, 'one'))).rejects.toThrow();
    const text = Buffer.from('<html>not found</html>'.repeat(50));
    await expect(unpackArchive(chunks(text), path.join(folder, 'two'))).rejects.toThrow();
  });
});
