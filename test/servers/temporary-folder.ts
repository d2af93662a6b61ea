// Temporary folders for servers and tests.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder {
  readonly path: string;
  remove(): void;
}

const kept = process.env['FLOTILLA_KEEP'] === '1';
const pattern = /^flotilla-rig-(\d+)-/;

/** Makes an empty folder; its name tells what it is for. FLOTILLA_KEEP=1 keeps it, and the logs in it. */
export function temporaryFolder(purpose: string): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), `flotilla-rig-${process.pid}-${purpose}-`));
  return {
    path,
    remove() {
      if (!kept) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Removes what killed test processes have left behind: the folders whose process is gone. */
export function removeAbandonedFolders(): void {
  if (kept) return;
  for (const name of readdirSync(tmpdir())) {
    const pid = pattern.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
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
