import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Header, Pax } from 'tar';
import { archiveEntries, type ArchiveEntry, type Excluded } from './archive-entries.js';

const blockSize = 512;
const smallFileBytes = 256 * 1024;

/**
 * The tar stream of a folder by the archive rules of flux-compat 2.1: no owner, no names, no times, three modes.
 * The same tree gives the same bytes. Holds one chunk of one file in memory.
 */
export async function* packArchive(root: string, excluded?: Excluded): AsyncGenerator<Buffer> {
  for await (const entry of archiveEntries(root, excluded)) {
    yield* entryHeader(entry);
    if (entry.type === 'file') yield* fileContent(entry);
  }
  yield Buffer.alloc(2 * blockSize);
}

function* entryHeader(entry: ArchiveEntry): Generator<Buffer> {
  const header = new Header({
    path: entry.path,
    mode: modeOf(entry),
    uid: 0,
    gid: 0,
    uname: '',
    gname: '',
    size: entry.size,
    mtime: new Date(0),
    type: entry.type === 'file' ? 'File' : 'Directory',
    linkpath: '',
    devmaj: 0,
    devmin: 0,
  });
  const block = Buffer.alloc(blockSize);
  const needsPax = header.encode(block, 0);
  // Names that are long or not ASCII, and sizes over 8 GiB, do not fit the plain header.
  if (needsPax)
    yield Buffer.from(new Pax({ path: entry.path, size: entry.size, mtime: new Date(0) }).encode());
  yield block;
}

function modeOf(entry: ArchiveEntry): number {
  if (entry.type === 'directory') return 0o750;
  return entry.executable ? 0o700 : 0o600;
}

async function* fileContent(entry: ArchiveEntry): AsyncGenerator<Buffer> {
  let written = 0;
  for await (const chunk of readEntry(entry)) {
    written += chunk.length;
    yield chunk;
  }
  if (written !== entry.size) throw new Error(`file ${entry.path} changed while it was archived`);
  const rest = entry.size % blockSize;
  if (rest > 0) yield Buffer.alloc(blockSize - rest);
}

/** A stream costs more than a small file is worth; a large file must not be held in memory. */
async function* readEntry(entry: ArchiveEntry): AsyncGenerator<Buffer> {
  if (entry.size === 0) return;
  if (entry.size <= smallFileBytes) yield await readFile(entry.absolute);
  else yield* createReadStream(entry.absolute, { end: entry.size - 1 }) as AsyncIterable<Buffer>;
}
