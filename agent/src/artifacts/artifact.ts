/** status.artifact of a source, flux-compat 2.1. */
export interface Artifact {
  /** `sha256:<hex of the stored file>`. */
  digest: string;
  /** RFC 3339, seconds. */
  lastUpdateTime: string;
  /** `<kind lower case>/<namespace>/<name>/<file>`. */
  path: string;
  revision: string;
  /** Bytes of the stored file. */
  size: number;
  /** Where other consumers fetch it. */
  url: string;
  metadata?: Record<string, string>;
}

/** The object that an artifact belongs to; it decides the folder. */
export interface ArtifactOwner {
  kind: string;
  namespace: string;
  name: string;
}

export interface PackOptions {
  owner: ArtifactOwner;
  revision: string;
  /** e.g. `<40hex>.tar.gz`. */
  fileName: string;
  /** Folder whose content is packed by the archive rules of flux-compat 2.1. */
  directory: string;
  /** Says which paths (relative, `/` separated) stay out. */
  excluded?: (path: string, isDirectory: boolean) => boolean;
  metadata?: Record<string, string>;
  signal?: AbortSignal;
}

/** An artifact's files on disk, read-only and shared. They stay until `release` is called. */
export interface ArtifactTree {
  /** Absolute path of the artifact's root. */
  readonly root: string;
  release(): Promise<void>;
}

export type ArtifactCheck = 'ok' | 'missing' | 'corrupt';

/** The content-addressed store of one agent. Reconcilers of the same process read it directly. */
export interface ArtifactStore {
  /** Packs a folder. The same tree gives the same digest; a failure leaves the previous artifact as it was. */
  pack(options: PackOptions): Promise<Artifact>;
  /** Compares the stored file with the digest in the status. */
  verify(artifact: Artifact): Promise<ArtifactCheck>;
  /** The unpacked files; undefined when this store does not hold the artifact (fetch its url instead). */
  openTree(artifact: Artifact, signal?: AbortSignal): Promise<ArtifactTree | undefined>;
  /** Unpacks an archive that came from elsewhere, after its digest was checked. */
  importArchive(
    artifact: Artifact,
    archive: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<ArtifactTree>;
  /** flux-compat 2.1: files of this owner older than the retention, but never `current`. Returns the removed paths. */
  collectGarbage(owner: ArtifactOwner, current: Artifact): Promise<string[]>;
  /** Removes one file, e.g. after its digest turned out to be wrong. */
  remove(artifact: Artifact): Promise<void>;
  /** Everything of an owner, when it is deleted. True when there was something. */
  removeAll(owner: ArtifactOwner): Promise<boolean>;
  /** The artifact with the address at which this store serves now: the host may have changed since it was stored. */
  withCurrentUrl(artifact: Artifact): Artifact;
  /** A new empty folder on the store's file system for work in progress; the caller removes it. */
  createWorkFolder(prefix: string): Promise<string>;
}
