import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  const known = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const pem = known ?? (await createFile(dataDir, file, now));
  return CertificateAuthority.open(pem, pem);
}

async function createFile(dataDir: string, file: string, now: Date): Promise<string> {
  const { certificate, privateKey } = await CertificateAuthority.create(now);
  const pem = `${certificate}\n${privateKey}\n`;
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  await writeFile(`${file}.new`, pem, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return pem;
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new Error(`certificate authority: cannot read ${file}`, { cause });
  }
}
