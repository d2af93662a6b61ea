import { recoverDataKey } from './data-key.js';
import { decryptTree } from './decrypt-tree.js';
import type { ClearValue } from './encrypted-value.js';
import { formatTitles, type SopsFormat } from './formats/format.js';
import { readDotenv, writeDotenv } from './formats/dotenv.js';
import { unflattenMetadata } from './formats/flat-metadata.js';
import { readIni } from './formats/read-ini.js';
import { readJson } from './formats/read-json.js';
import { readYaml } from './formats/read-yaml.js';
import { writeIni } from './formats/write-ini.js';
import { writeJson } from './formats/write-json.js';
import { writeYaml } from './formats/write-yaml.js';
import type { KeyService } from './key-service.js';
import { parseMetadata, type SopsMetadata } from './metadata.js';
import { SopsError } from './sops-error.js';
import { fromTree, toTree, valueAt, withoutKey, type SopsBranch } from './tree.js';

export interface Decryption {
  services: readonly KeyService[];
  signal: AbortSignal;
  /** Told each decrypted value, so that it can be kept out of messages. */
  onClear?: (value: ClearValue) => void;
}

interface EncryptedDocument {
  /** Several documents of a YAML text share the metadata of the first one. */
  readonly branches: readonly SopsBranch[];
  readonly metadata: SopsMetadata;
}

/**
 * Decrypts a document and writes it in another format or the same one. The MAC is not verified: parts in clear text
 * may have been edited since (flux-compat 3.4).
 * @throws SopsError
 */
export async function decryptDocument(
  content: Buffer,
  formats: { from: SopsFormat; to: SopsFormat },
  decryption: Decryption,
): Promise<Buffer> {
  const { from, to } = formats;
  const document = within(`failed to load encrypted ${formatTitles[from]} data`, () => load(content, from));
  const branches = await decryptBranches(document, decryption);
  const what = `failed to emit encrypted ${formatTitles[from]} file as decrypted ${formatTitles[to]}`;
  return within(what, () => write(branches, to));
}

/** Decrypts the fields of an object that has a `sops` field, and removes that. @throws SopsError */
export async function decryptFields(
  object: Readonly<Record<string, unknown>>,
  decryption: Decryption,
): Promise<Record<string, unknown>> {
  const { sops, ...fields } = object;
  const metadata = within('failed to load encrypted JSON data', () => parseMetadata(sops));
  const branches = [toTree(fields) as SopsBranch];
  const [decrypted] = await decryptBranches({ branches, metadata }, decryption);
  return fromTree(decrypted!) as Record<string, unknown>;
}

async function decryptBranches(
  { branches, metadata }: EncryptedDocument,
  { services, signal, onClear }: Decryption,
): Promise<SopsBranch[]> {
  const dataKey = await recoverDataKey(metadata, services, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new SopsError(`cannot get sops data key: ${(error as Error).message}`, { cause: error });
  });
  return within('error decrypting sops tree', () =>
    branches.map((branch) => decryptTree(branch, dataKey, metadata.rule, onClear)),
  );
}

function load(content: Buffer, format: SopsFormat): EncryptedDocument {
  const text = content.toString('utf8');
  switch (format) {
    case 'json':
    case 'binary':
      return nested([readJson(text)]);
    case 'yaml':
      return nested(readYaml(text));
    case 'dotenv': {
      const { branch, metadata } = readDotenv(text);
      return { branches: [branch], metadata: parseMetadata(unflattenMetadata(metadata)) };
    }
    case 'ini': {
      const { branch, metadata } = readIni(text);
      return { branches: [branch], metadata: parseMetadata(metadata && unflattenMetadata(metadata)) };
    }
  }
}

function nested(branches: readonly SopsBranch[]): EncryptedDocument {
  const [first] = branches;
  const sops = first && valueAt(first, 'sops');
  const metadata = parseMetadata(sops === undefined ? undefined : fromTree(sops));
  return { branches: branches.map((branch) => withoutKey(branch, 'sops')), metadata };
}

function write(branches: readonly SopsBranch[], format: SopsFormat): Buffer {
  if (format === 'yaml') return Buffer.from(writeYaml(branches));
  const [branch] = branches;
  if (!branch || branches.length > 1) throw new SopsError('there must be exactly one document');
  switch (format) {
    case 'json':
      return Buffer.from(writeJson(branch));
    case 'dotenv':
      return Buffer.from(writeDotenv(branch));
    case 'ini':
      return Buffer.from(writeIni(branch));
    case 'binary':
      return binaryOf(branch);
  }
}

function binaryOf(branch: SopsBranch): Buffer {
  const data = valueAt(branch, 'data');
  if (typeof data === 'string') return Buffer.from(data);
  if (data instanceof Uint8Array) return Buffer.from(data);
  throw new SopsError("no binary data found in tree: there is no text under 'data'");
}

function within<T>(what: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw new SopsError(`${what}: ${error.message}`, { cause: error });
  }
}
