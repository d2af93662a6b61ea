import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, rmdir, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type {
  Artifact,
  ArtifactCheck,
  ArtifactOwner,
  ArtifactStore,
  ArtifactTree,
  PackOptions,
} from './artifact.js';
import { codeOf, InvalidArtifactError, storageError } from './artifact-error.js';
import { artifactPath, isArtifactPath, ownerFolder } from './artifact-path.js';
import { BlobFolder } from './blob-folder.js';
import { Meter, parseDigest, type DigestAlgorithm } from './digest.js';
import { selectGarbage, type Retention } from './garbage.js';
import { Mutex } from './mutex.js';
import { packArchive } from './pack-archive.js';
import { TreeFolder } from './tree-folder.js';
import { defaultUnpackLimits, type UnpackLimits } from './unpack-archive.js';
import { VerifiedFiles } from './verified-files.js';

export interface ArtifactStoreOptions {
  /** --storage-path. Everything below is the store's. */
  root: string;
  /** --storage-adv-addr: host and port of the artifact server as consumers see it, or a URL before the paths. */
  advertisedAddress: string;
  /** --artifact-retention-ttl and --artifact-retention-records; default 60 s and 2. */
  retention?: Retention;
  /** --artifact-digest-algo; default sha256. */
  digestAlgorithm?: DigestAlgorithm;
  unpackLimits?: UnpackLimits;
  /** Largest archive that is imported from elsewhere. Default 4 GiB. */
  maxImportBytes?: number;
  /** Milliseconds since the epoch. */
  now: () => number;
}

const defaultRetention: Retention = { ttlMs: 60_000, records: 2 };
/** flux-compat 2.1: so many files of an owner are looked at in one collection. */
const garbageFileLimit = 1000;
/** flux-compat 2.1: so long one collection may take; the next one goes on. */
const garbageBudgetMs = 5_000;
const defaultMaxImportBytes = 4 * 1024 ** 3;
/** Imported trees are kept while they are among the last so many. */
const importedTreesKept = 64;

/** Opens the store on disk: makes its folders and removes what an interrupted run left behind. */
export async function openArtifactStore(options: ArtifactStoreOptions): Promise<ArtifactStore> {
  const internal = path.join(options.root, '.flotilla');
  const [blobs, work] = [path.join(internal, 'blobs'), path.join(internal, 'work')];
  await rm(work, { recursive: true, force: true });
  for (const folder of [blobs, work]) await mkdir(folder, { recursive: true, mode: 0o700 });
  const limits = options.unpackLimits ?? defaultUnpackLimits;
  const trees = new TreeFolder({ root: path.join(internal, 'trees'), workRoot: work, limits });
  await trees.prepare();
  const blobFolder = new BlobFolder(blobs, options.digestAlgorithm ?? 'sha256');
  const store = new DiskArtifactStore(options, blobFolder, trees, work);
  await store.sweepUnused();
  return store;
}

class DiskArtifactStore implements ArtifactStore {
  readonly #verified: VerifiedFiles;
  /** Which imported artifact may open which tree; in the order of the last import. */
  readonly #imported = new Map<string, string>();
  #sequence = 0;
  readonly #sweeps = new Mutex();
  #waitingSweep: Promise<void> | undefined;

  constructor(
    readonly options: ArtifactStoreOptions,
    readonly blobs: BlobFolder,
    readonly trees: TreeFolder,
    readonly workRoot: string,
  ) {
    this.#verified = new VerifiedFiles(options.now);
  }

  async pack(options: PackOptions): Promise<Artifact> {
    const relative = artifactPath(options.owner, options.fileName);
    const temporary = this.#workFile('pack');
    try {
      const meter = new Meter(this.blobs.algorithm);
      await pipeline(
        Readable.from(packArchive(options.directory, options.excluded)),
        createGzip(),
        meter,
        createWriteStream(temporary, { flags: 'wx', mode: 0o600, flush: true }),
        options.signal ? { signal: options.signal } : {},
      );
      const digest = meter.digest();
      const file = this.#fileOf(relative);
      await this.blobs.place(temporary, digest, file);
      // Content that was stored before keeps its time; the artifact is as young as this storing.
      const now = this.options.now() / 1_000;
      await utimes(file, now, now);
      return this.#describe(options, relative, digest, meter.size);
    } catch (error) {
      throw storageError(`storing ${relative}`, this.options.root, error);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async verify(artifact: Artifact): Promise<ArtifactCheck> {
    if (!isArtifactPath(artifact.path)) return 'missing';
    return this.#verified.check(this.#fileOf(artifact.path), artifact.digest);
  }

  async openTree(artifact: Artifact, signal?: AbortSignal): Promise<ArtifactTree | undefined> {
    signal?.throwIfAborted();
    if (!isArtifactPath(artifact.path) || !parseDigest(artifact.digest)) return undefined;
    const file = this.#fileOf(artifact.path);
    const held = await exists(file);
    if (!held && this.#imported.get(importKey(artifact)) !== artifact.digest) return undefined;
    if (!held && !(await this.trees.has(artifact.digest))) return undefined;
    return this.#open(artifact, file);
  }

  async importArchive(
    artifact: Artifact,
    archive: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<ArtifactTree> {
    const algorithm = parseDigest(artifact.digest)?.algorithm;
    if (!algorithm) throw new InvalidArtifactError(artifact, `digest "${artifact.digest}" is not supported`);
    const temporary = this.#workFile('import');
    try {
      const meter = new Meter(algorithm, this.options.maxImportBytes ?? defaultMaxImportBytes);
      const target = createWriteStream(temporary, { flags: 'wx', mode: 0o600 });
      await pipeline(Readable.from(archive), meter, target, signal ? { signal } : {});
      const digest = meter.digest();
      if (digest !== artifact.digest) {
        throw new InvalidArtifactError(
          artifact,
          `computed digest ${digest} does not match ${artifact.digest}`,
        );
      }
      const tree = await this.#open(artifact, temporary);
      this.#rememberImport(artifact);
      return tree;
    } catch (error) {
      throw storageError(`importing ${artifact.path}`, this.options.root, error);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async collectGarbage(owner: ArtifactOwner, current: Artifact): Promise<string[]> {
    const folder = ownerFolder(owner);
    const deadline = this.options.now() + garbageBudgetMs;
    const isLate = (): boolean => this.options.now() > deadline;
    const names = (await readdir(this.#fileOf(folder)).catch(() => [])).slice(0, garbageFileLimit);
    const files = [];
    for (const name of names) {
      if (isLate()) break;
      const found = await stat(path.join(this.#fileOf(folder), name)).catch(() => undefined);
      if (found?.isFile()) files.push({ name, modifiedMs: found.mtimeMs });
    }
    const retention = this.options.retention ?? defaultRetention;
    const garbage = selectGarbage(files, path.posix.basename(current.path), retention, this.options.now());
    const removed: string[] = [];
    for (const name of garbage) {
      if (isLate()) break;
      await this.#removeFile(`${folder}/${name}`);
      removed.push(`${folder}/${name}`);
    }
    if (removed.length > 0) await this.sweepUnused();
    return removed;
  }

  async remove(artifact: Artifact): Promise<void> {
    if (!isArtifactPath(artifact.path)) return;
    await this.#removeFile(artifact.path);
    await this.sweepUnused();
  }

  async removeAll(owner: ArtifactOwner): Promise<boolean> {
    const folder = this.#fileOf(ownerFolder(owner));
    if (!(await exists(folder))) return false;
    await rm(folder, { recursive: true, force: true });
    // The namespace's folder goes with its last object; not empty or gone already is as good.
    await rmdir(path.dirname(folder)).catch(() => {});
    this.#verified.forgetBelow(folder);
    await this.sweepUnused();
    return true;
  }

  withCurrentUrl(artifact: Artifact): Artifact {
    return { ...artifact, url: this.#urlOf(artifact.path) };
  }

  createWorkFolder(prefix: string): Promise<string> {
    return mkdtemp(path.join(this.workRoot, `${prefix}-`));
  }

  async #describe(options: PackOptions, relative: string, digest: string, size: number): Promise<Artifact> {
    await this.#verified.remember(this.#fileOf(relative), digest);
    return {
      digest,
      lastUpdateTime: `${new Date(this.options.now()).toISOString().slice(0, 19)}Z`,
      path: relative,
      revision: options.revision,
      size,
      url: this.#urlOf(relative),
      ...(options.metadata ? { metadata: options.metadata } : {}),
    };
  }

  async #open(artifact: Artifact, archive: string): Promise<ArtifactTree> {
    try {
      return await this.trees.open(artifact.digest, archive);
    } catch (error) {
      if (codeOf(error)) throw storageError(`unpacking ${artifact.path}`, this.options.root, error);
      throw new InvalidArtifactError(artifact, error instanceof Error ? error.message : String(error));
    }
  }

  async #removeFile(relative: string): Promise<void> {
    const file = this.#fileOf(relative);
    await rm(file, { force: true });
    this.#verified.forgetBelow(file);
  }

  /** Removes content that nothing refers to. Callers that come while a sweep waits for its turn share it. */
  sweepUnused(): Promise<void> {
    this.#waitingSweep ??= this.#sweeps.run(() => {
      this.#waitingSweep = undefined;
      return this.#runSweep();
    });
    return this.#waitingSweep;
  }

  async #runSweep(): Promise<void> {
    await this.blobs.sweep();
    const imported = new Set(this.#imported.values());
    await this.trees.sweep(async (digest) => {
      const blob = this.blobs.fileOf(digest);
      return imported.has(digest) || (blob !== undefined && (await exists(blob)));
    });
  }

  #rememberImport(artifact: Artifact): void {
    const key = importKey(artifact);
    this.#imported.delete(key);
    this.#imported.set(key, artifact.digest);
    for (const oldest of this.#imported.keys()) {
      if (this.#imported.size <= importedTreesKept) break;
      this.#imported.delete(oldest);
    }
  }

  #workFile(prefix: string): string {
    return path.join(this.workRoot, `${prefix}-${(this.#sequence += 1)}`);
  }

  #fileOf(relative: string): string {
    return path.join(this.options.root, relative);
  }

  #urlOf(relative: string): string {
    const { advertisedAddress: address } = this.options;
    const base = /^https?:\/\//.test(address) ? address.replace(/\/+$/, '') : `http://${address}`;
    return `${base}/${relative}`;
  }
}

/** Content that came from one place is not handed to an object that only claims its digest. */
function importKey(artifact: Artifact): string {
  return `${artifact.url}\n${artifact.path}`;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
