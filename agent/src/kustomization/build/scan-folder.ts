import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { flattenLists } from '@flotilla/common/yaml/objects';
import { parseYamlDocuments } from '@flotilla/common/yaml/parse';
import type { KubeObject } from '@flotilla/common/kube/object';
import { findInArtifact, type ArtifactEntry } from './artifact-path.js';
import { BuildError } from './build-error.js';
import { findKustomizationFiles } from './kustomization-file.js';
import { isFields } from './references.js';

/**
 * Lists what belongs to a folder without a kustomization file: all YAML files below it, and folders that have a
 * kustomization file of their own, in lexical order (flux-compat 3.3). Paths start with `./`.
 * @throws BuildError when a document is no Kubernetes object
 */
export async function scanFolder(root: string, folder: ArtifactEntry): Promise<string[]> {
  const resources: string[] = [];
  const names = await readdir(folder.realPath);
  for (const name of names.sort(compareBytes)) {
    const entry = await findInArtifact(root, folder.path, name);
    if (entry) resources.push(...(await scanEntry(root, entry)));
  }
  return resources.map((resource) => path.posix.relative(folder.path, resource)).map((file) => `./${file}`);
}

async function scanEntry(root: string, entry: ArtifactEntry): Promise<string[]> {
  if (!entry.isDirectory) {
    if (!/\.ya?ml$/.test(entry.path)) return [];
    await expectObjects(entry);
    return [entry.path];
  }
  const own = await findKustomizationFiles(root, entry.path);
  if (own.length > 0) return [entry.path];
  const below = await scanFolder(root, entry);
  return below.map((resource) => path.posix.join(entry.path, resource));
}

async function expectObjects(file: ArtifactEntry): Promise<void> {
  const text = await readFile(file.realPath, 'utf8');
  try {
    const documents = parseYamlDocuments(text);
    documents.forEach(({ index, value }) => expectObject(index, value));
  } catch (error) {
    const reason = (error as Error).message;
    throw new BuildError(`failed to decode Kubernetes YAML from ${file.path}: ${reason}`, { cause: error });
  }
}

/** What kustomize itself asks of a resource: a kind and, unless it is a list, a name. */
function expectObject(index: number, value: unknown): void {
  const missing = missingField(value);
  if (missing) throw new Error(`document ${index}: ${missing}; only Kubernetes objects may be here`);
  flattenLists([value as KubeObject]);
}

function missingField(value: unknown): string | undefined {
  if (!isFields(value)) return 'not a Kubernetes object';
  const { kind, metadata } = value;
  if (typeof kind !== 'string' || kind === '') return 'missing kind';
  if (kind.endsWith('List')) return undefined;
  const name = isFields(metadata) ? metadata['name'] : undefined;
  return typeof name === 'string' && name !== ''
    ? undefined
    : `missing metadata.name in object of kind ${kind}`;
}

/** Byte order, as a walk over a file system gives it elsewhere; independent of the locale. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
