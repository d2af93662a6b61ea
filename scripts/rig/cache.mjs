// Where the rig keeps what it downloads and builds: outside the repository, the version in every path.
import { mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The rig's folder in the user's cache; `segments` name what is kept there, the version included. */
export function cachePath(...segments) {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'flotilla', ...segments);
}

/** An empty folder beside `target`, to be filled and then renamed to it, so that `target` is whole or absent. */
export function emptySibling(target) {
  const folder = `${target}.partial`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}
