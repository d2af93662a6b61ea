import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseYamlDocuments } from '@flotilla/common/yaml/parse';
import { maskSecrets } from '../../exec/mask-secrets.js';
import { findInArtifact, OutsideArtifactError, type ArtifactEntry } from './artifact-path.js';
import { BuildError } from './build-error.js';
import { findKustomizationFiles, folderOf, readKustomizationFile } from './kustomization-file.js';
import { isFields, pluginReferences, referencesOf, type Reference } from './references.js';
import {
  isGitReference,
  isRemoteReference,
  isWebReference,
  secretsOf,
  unfetchable,
} from './remote-reference.js';

/** The kustomization file at the entry of a build, after the spec was written into it. */
export interface EntryFile {
  /** Relative to the artifact's root. */
  path: string;
  content: Readonly<Record<string, unknown>>;
  /** False when the file in the artifact already says exactly this. */
  edited: boolean;
}

/** Everything that one build reads. */
export interface Closure {
  /** Folder of the entry, relative to the root; empty for the root itself. */
  folder: string;
  /** Files as they are in the artifact: path relative to the root -> real path. */
  files: ReadonlyMap<string, string>;
  /** Files whose content is not that of the artifact: path -> text. */
  written: ReadonlyMap<string, string>;
  /** What kustomize fetches from the network; the digest says nothing of its content. */
  remotes: readonly string[];
  /** Changes exactly when something that the build reads from the artifact changes. */
  digest: string;
}

export interface ClosureOptions {
  /** Real path of the artifact's root. */
  root: string;
  entry: EntryFile;
  noRemoteBases: boolean;
}

/**
 * Follows every reference from the entry to the files that kustomize will read.
 * @throws BuildError that names file and field when something is missing or outside the artifact
 */
export async function findClosure(options: ClosureOptions): Promise<Closure> {
  const walk = new Walk(options);
  return await walk.run();
}

class Walk {
  readonly #files = new Map<string, string>();
  readonly #written = new Map<string, string>();
  readonly #folders = new Set<string>();
  readonly #remotes = new Set<string>();

  constructor(readonly options: ClosureOptions) {}

  async run(): Promise<Closure> {
    const { entry, root } = this.options;
    const folder = folderOf(entry.path);
    this.#folders.add(folder);
    for (const file of await findKustomizationFiles(root, folder)) this.#files.set(file.path, file.realPath);
    if (entry.edited) {
      this.#files.delete(entry.path);
      this.#written.set(entry.path, `${JSON.stringify(entry.content, writeNumber, 2)}\n`);
    }
    await this.#follow(entry.path, referencesOf(entry.content));
    const digest = await this.#digest(folder);
    return { folder, files: this.#files, written: this.#written, remotes: [...this.#remotes], digest };
  }

  async #follow(from: string, references: readonly Reference[]): Promise<void> {
    for (const reference of references) await this.#followOne(from, reference);
  }

  async #followOne(from: string, reference: Reference): Promise<void> {
    const found = await this.#find(from, reference);
    if (isFetched(reference, found)) {
      this.#fetch(from, reference);
    } else if (!found) {
      await this.#followAbsent(from, reference);
    } else if (found.isDirectory) {
      if (reference.target === 'file') throw problem(from, reference, 'is a folder, a file is expected');
      await this.#enterFolder(from, reference, found);
    } else {
      if (reference.target === 'folder') throw problem(from, reference, 'is a file, a folder is expected');
      this.#files.set(found.path, found.realPath);
      if (reference.isPluginConfig) {
        const text = await readFile(found.realPath, 'utf8');
        await this.#followPluginConfig(from, reference, text);
      }
    }
  }

  async #find(from: string, reference: Reference): Promise<ArtifactEntry | undefined> {
    if (reference.mayBeInline && reference.value.includes('\n')) return undefined;
    try {
      return await findInArtifact(this.options.root, folderOf(from), reference.value);
    } catch (error) {
      if (error instanceof OutsideArtifactError && !isRemoteReference(reference.value)) {
        throw problem(from, reference, `is outside the artifact: ${error.message}`);
      }
      if (error instanceof OutsideArtifactError) return undefined;
      throw error;
    }
  }

  async #followAbsent(from: string, reference: Reference): Promise<void> {
    if (reference.target !== 'file' && isRemoteReference(reference.value)) {
      this.#fetch(from, reference);
      return;
    }
    if (!reference.mayBeInline || !/[\n:{]/.test(reference.value))
      throw problem(from, reference, 'does not exist');
    if (reference.isPluginConfig) await this.#followPluginConfig(from, reference, reference.value);
  }

  /** flux-compat 3.3: remote bases are allowed unless --no-remote-bases. */
  #fetch(from: string, reference: Reference): void {
    if (this.options.noRemoteBases) {
      const why = 'remote bases are disabled (--no-remote-bases)';
      throw problem(from, reference, `is not a local path, and ${why}; copy the files into the source`);
    }
    const obstacle = unfetchable(reference.value);
    if (obstacle) throw problem(from, reference, obstacle);
    this.#remotes.add(reference.value);
  }

  async #enterFolder(from: string, reference: Reference, folder: ArtifactEntry): Promise<void> {
    const [file, ...others] = await findKustomizationFiles(this.options.root, folder.path);
    if (!file) throw problem(from, reference, 'is a folder without a kustomization file');
    if (this.#folders.has(folder.path)) return;
    this.#folders.add(folder.path);
    for (const known of [file, ...others]) this.#files.set(known.path, known.realPath);
    const content = await readKustomizationFile(file);
    await this.#follow(file.path, referencesOf(content));
    if (reference.isPluginConfig) await this.#followConfigResources(file.path, content);
  }

  /** A folder of plug-in configurations: its resources are configurations, and their paths are seen from it. */
  async #followConfigResources(file: string, content: Record<string, unknown>): Promise<void> {
    for (const reference of referencesOf({ resources: content['resources'] })) {
      const found = await this.#find(file, reference);
      if (found && !found.isDirectory && !isFetched(reference, found)) {
        await this.#followPluginConfig(file, reference, await readFile(found.realPath, 'utf8'));
      }
    }
  }

  async #followPluginConfig(from: string, reference: Reference, text: string): Promise<void> {
    let documents: unknown[];
    try {
      documents = parseYamlDocuments(text).map(({ value }) => value);
    } catch (error) {
      throw problem(from, reference, `is not valid YAML: ${(error as Error).message}`);
    }
    for (const config of documents.filter(isFields)) {
      await this.#follow(from, pluginReferences(config, reference.field));
    }
  }

  async #digest(folder: string): Promise<string> {
    const hash = createHash('sha256').update(JSON.stringify(['closure/1', folder]));
    for (const [file, realPath] of sorted(this.#files)) {
      const content = createHash('sha256')
        .update(await readFile(realPath))
        .digest('hex');
      hash.update(JSON.stringify([file, content]));
    }
    for (const [file, text] of sorted(this.#written)) hash.update(JSON.stringify([file, { text }]));
    return hash.digest('hex');
  }
}

/** Whether kustomize goes to the network for it: for web addresses always, for repositories unless it is a file. */
function isFetched({ value, target }: Reference, found: ArtifactEntry | undefined): boolean {
  if (isWebReference(value)) return true;
  return target !== 'file' && isGitReference(value) && (!found || found.isDirectory);
}

function sorted(files: ReadonlyMap<string, string>): Array<[string, string]> {
  return [...files].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Integers beyond 2^53 are read as bigint; kustomize reads them as text anyway wherever they can stand. */
function writeNumber(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function problem(file: string, reference: Reference, what: string): BuildError {
  const shown = maskSecrets(reference.value, secretsOf(reference.value));
  const value = shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
  return new BuildError(`${path.posix.normalize(file)}: ${reference.field} "${value}" ${what}`);
}
