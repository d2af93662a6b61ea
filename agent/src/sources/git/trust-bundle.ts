import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemCertificates } from '../../runtime/system-certificates.js';

/** Certificate files for programs that take a file: those of the system and those of an object together. */
export interface TrustBundle {
  /** A file with the system's certificates and these. */
  fileFor(ca: string): Promise<string>;
}

/** Keeps one file for each different CA below a folder. */
export function createTrustBundle(folder: string): TrustBundle {
  const files = new Map<string, Promise<string>>();
  return {
    fileFor(ca) {
      const name = createHash('sha256').update(ca).digest('hex');
      const known = files.get(name) ?? write(folder, name, ca);
      files.set(name, known);
      known.catch(() => files.delete(name));
      return known;
    },
  };
}

async function write(folder: string, name: string, ca: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, `${name}.pem`);
  await writeFile(`${file}.new`, `${await systemCertificates()}\n${ca}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return file;
}
