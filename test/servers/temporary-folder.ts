// Temporary folders for servers and tests.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder {
  readonly path: string;
  remove(): void;
}

/** Makes an empty folder; its name tells what it is for. Set FLOTILLA_KEEP=1 to keep it (and the logs in it). */
export function temporaryFolder(purpose: string): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), `flotilla-${purpose}-`));
  return {
    path,
    remove() {
      if (!process.env['FLOTILLA_KEEP']) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
