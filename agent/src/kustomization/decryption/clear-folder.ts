import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';

const name = /^flotilla-clear-(\d+)-/;
const ownFolders = new Set<string>();

/** Makes a folder that only this user can enter, for builds that hold decrypted files. */
export async function makeClearFolder(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  const folder = path.join(parent, `flotilla-clear-${process.pid}-${randomUUID()}`);
  ownFolders.add(folder);
  await mkdir(folder, { mode: 0o700 });
  return folder;
}

/** Removes the folders of processes that died in the middle of a build. */
export async function removeAbandonedClearFolders(parent: string): Promise<void> {
  const entries = await readdir(parent).catch(() => []);
  for (const entry of entries) {
    const pid = Number(name.exec(entry)?.[1]);
    const folder = path.join(parent, entry);
    if (Number.isNaN(pid) || ownFolders.has(folder)) continue;
    // In a container every start has the same process id: the own id without the own folder is an earlier start.
    if (pid === process.pid || !isAlive(pid)) await rm(folder, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
