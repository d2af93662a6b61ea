import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';

/** What fetches from outside may bring in unless --max-fetch-bytes says otherwise: 4 GiB. */
export const defaultMaxFetchBytes = 4 * 1024 ** 3;

/** A folder that a program writes into, and how much it may. */
export interface GrowthLimit {
  folder: string;
  maxBytes: number;
  /** What a file has to be newer than to count, in milliseconds since the epoch. Default: all files count. */
  sinceMs?: number;
}

/** Most programs have ended before the first look. */
const lookEveryMs = 200;

/** Looks at the folder again and again; tells once that it has grown too large. Returns what ends the looking. */
export function watchGrowth(limit: GrowthLimit, onExceeded: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const look = async (): Promise<void> => {
    const isTooLarge = (await sizeOf(limit)) > limit.maxBytes;
    if (stopped) return;
    if (isTooLarge) onExceeded();
    else timer = setTimeout(() => void look(), lookEveryMs);
  };
  timer = setTimeout(() => void look(), lookEveryMs);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** Bytes of the files below a folder; counting ends beyond the limit. What vanishes meanwhile does not count. */
export async function sizeOf({ folder, maxBytes, sinceMs = 0 }: GrowthLimit): Promise<number> {
  let bytes = 0;
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined && bytes <= maxBytes; next = folders.pop()) {
    for (const entry of await readdir(next, { withFileTypes: true }).catch(() => [])) {
      const place = path.join(next, entry.name);
      if (entry.isDirectory()) folders.push(place);
      else if (entry.isFile()) {
        const found = await lstat(place).catch(() => undefined);
        if (found && found.mtimeMs >= sinceMs) bytes += found.size;
      }
    }
  }
  return bytes;
}
