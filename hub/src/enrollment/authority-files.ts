import { randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../platform/make-folder.js';
import { CertificateAuthority } from './certificate-authority.js';

export interface AuthorityFiles {
  readonly dataDir: string;
  readonly caCert: string | undefined;
  readonly caKey: string | undefined;
}

/** Opens the authority from the given files, or from the data folder, where the first start makes one. */
export async function openAuthority(
  { dataDir, caCert, caKey }: AuthorityFiles,
  now: Date,
): Promise<CertificateAuthority> {
  if ((caCert === undefined) !== (caKey === undefined)) {
    throw new Error('certificate authority: --ca-cert and --ca-key belong together; give both or neither');
  }
  if (caCert !== undefined && caKey !== undefined) {
    return CertificateAuthority.open(await readPem(caCert), await readPem(caKey));
  }
  // One file, so that an interrupted first start leaves both parts or none.
  const file = join(dataDir, 'ca.pem');
  const pem = (await readIfThere(file)) ?? (await createFile(dataDir, file, now));
  return CertificateAuthority.open(pem, pem);
}

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** Of replicas that start together on one folder, the first decides; the others read what it wrote. */
async function createFile(dataDir: string, file: string, now: Date): Promise<string> {
  const { certificate, privateKey } = await CertificateAuthority.create(now);
  // Every pod calls its process 1: only chance tells drafts on a shared volume apart.
  const draft = `${file}.${randomUUID()}.new`;
  await makeFolder(dataDir, 0o711);
  await writeFile(draft, `${certificate}\n${privateKey}\n`, { mode: 0o600 });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(file, 'utf8');
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new Error(`certificate authority: cannot read ${file}`, { cause });
  }
}
