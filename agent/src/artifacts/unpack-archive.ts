import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { type ReadEntry, Unpack } from 'tar';

/** Bounds of one unpacked archive, against archives that were made to fill a disk. */
export interface UnpackLimits {
  maxBytes: number;
  maxEntries: number;
}

export const defaultUnpackLimits: UnpackLimits = { maxBytes: 16 * 1024 ** 3, maxEntries: 2_000_000 };

/**
 * Unpacks a tar (gzip or plain) into a new folder. Regular files and folders only: symlinks, hard links and devices
 * are left out. A name that leads outside is an error. Files become read-only.
 */
export async function unpackArchive(
  source: AsyncIterable<Uint8Array>,
  folder: string,
  options: { limits?: UnpackLimits; signal?: AbortSignal } = {},
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const gate = new EntryGate(options.limits ?? defaultUnpackLimits);
  const unpack = new Unpack({
    cwd: folder,
    strict: true,
    preserveOwner: false,
    noMtime: true,
    // The gate refuses what leads outside and lets no link through; else `c:x` would be taken for a drive.
    preservePaths: true,
    // The gate bounds the bytes; a ratio would refuse honest archives of very regular text.
    maxDecompressionRatio: Number.POSITIVE_INFINITY,
    filter: (path, entry) => gate.admit(path, entry as ReadEntry),
  });
  const closed = new Promise<void>((resolve, reject) => {
    unpack.once('close', resolve);
    // Every file of the archive may fail, on a full disk say; one error that nobody listens to would end the process.
    unpack.on('error', reject);
  });
  // The error is awaited below; until then it must not count as unhandled.
  closed.catch(() => {});
  await feed(source, unpack, closed, () => {
    options.signal?.throwIfAborted();
    if (gate.error) throw gate.error;
  });
  if (gate.error) throw gate.error;
}

async function feed(
  source: AsyncIterable<Uint8Array>,
  unpack: Unpack,
  closed: Promise<void>,
  check: () => void,
): Promise<void> {
  for await (const chunk of source) {
    check();
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (!unpack.write(bytes)) await Promise.race([once(unpack, 'drain'), closed]);
  }
  unpack.end();
  await closed;
}

/** Decides which entries are written and keeps count. */
class EntryGate {
  error: Error | undefined;
  #bytes = 0;
  #entries = 0;

  constructor(readonly limits: UnpackLimits) {}

  admit(path: string, entry: ReadEntry): boolean {
    if (this.error) return false;
    this.#entries += 1;
    this.#bytes += entry.size;
    if (this.#entries > this.limits.maxEntries)
      return this.#refuse(`more than ${this.limits.maxEntries} entries`);
    if (this.#bytes > this.limits.maxBytes)
      return this.#refuse(`more than ${this.limits.maxBytes} bytes unpacked`);
    if (isOutside(path)) return this.#refuse(`entry "${path}" leads outside of the archive`);
    if (entry.type === 'Directory' || entry.type === 'GNUDumpDir') {
      entry.mode = 0o700;
      return true;
    }
    if (entry.type !== 'File' && entry.type !== 'OldFile' && entry.type !== 'ContiguousFile') return false;
    entry.mode = (entry.mode ?? 0) & 0o100 ? 0o500 : 0o400;
    return true;
  }

  #refuse(why: string): false {
    this.error = new Error(`unpacking stopped: ${why}`);
    return false;
  }
}

function isOutside(path: string): boolean {
  return path.startsWith('/') || path.includes('\0') || path.split(/[/\\]/).includes('..');
}
