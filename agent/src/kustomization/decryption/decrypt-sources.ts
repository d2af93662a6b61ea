import { readFile, stat } from 'node:fs/promises';
import { decryptDocument, type Decryption } from '@flotilla/common/sops/decrypt-document';
import { isEncrypted } from '@flotilla/common/sops/formats/format';
import type { Closure } from '../build/closure.js';
import { DecryptionError } from './decryption-error.js';
import { findEncryptableFiles, type EncryptableFile } from './encryptable-files.js';

const maxFileBytes = 5 * 1024 * 1024;

/** The encrypted files of a build, decrypted: path relative to the artifact's root -> content. @throws DecryptionError */
export async function decryptSources(closure: Closure, decryption: Decryption): Promise<Map<string, Buffer>> {
  const clear = new Map<string, Buffer>();
  for (const file of await findEncryptableFiles(closure)) {
    const source = closure.files.get(file.path);
    if (source === undefined) continue; // What is not there, kustomize reports.
    try {
      const content = await decryptFile(source, file, decryption);
      if (content) clear.set(file.path, content);
    } catch (error) {
      decryption.signal.throwIfAborted();
      throw new DecryptionError(`error decrypting sources: ${file.path}: ${(error as Error).message}`);
    }
  }
  return clear;
}

/** Undefined when the file is not encrypted. */
async function decryptFile(
  source: string,
  { format }: EncryptableFile,
  decryption: Decryption,
): Promise<Buffer | undefined> {
  const stats = await stat(source);
  if (!stats.isFile()) throw new Error('cannot decrypt irregular file');
  if (stats.size > maxFileBytes) {
    throw new Error(`cannot decrypt file with size (${stats.size} bytes) exceeding limit (${maxFileBytes})`);
  }
  const content = await readFile(source);
  if (!isEncrypted(content, format)) return undefined;
  return await decryptDocument(content, { from: format, to: format }, decryption);
}
