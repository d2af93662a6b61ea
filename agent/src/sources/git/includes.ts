import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { GitRepository, GitRepositorySpec } from '@flotilla/common/api/git-repository';
import type { KubeObject, NamespacedName } from '@flotilla/common/kube/object';
import type { Artifact, ArtifactStore } from '../../artifacts/artifact.js';
import type { CacheChange, ObjectCache } from '../../runtime/cache.js';
import { secureJoin } from '../secure-join.js';
import { messageOf, SourceFailure } from '../source-failure.js';
import type { SourceStatusFields } from '../source-status.js';

/** One entry of spec.include and the artifact that it means now. */
export interface Include {
  name: string;
  fromPath: string;
  toPath: string;
  artifact: Artifact;
}

/** Downloads the archive of an artifact. */
export type FetchArtifact = (url: string, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;

/** Where included artifacts come from: the own storage, or that of another shard. */
export interface IncludeStore {
  artifacts: ArtifactStore;
  fetchArtifact: FetchArtifact | undefined;
}

/**
 * The artifacts that spec.include means, in its order (flux-compat 2.3).
 * @throws SourceFailure that waits when one is not there yet
 */
export function findIncludes(
  objects: ObjectCache,
  owner: NamespacedName,
  spec: GitRepositorySpec,
  requeueDependencyMs: number,
): Include[] {
  const { namespace } = owner;
  const waiting = (reason: string, message: string): SourceFailure =>
    new SourceFailure({
      condition: 'IncludeUnavailable',
      reason,
      message,
      after: { retry: 'wait', afterMs: requeueDependencyMs },
    });
  const cycle = findCycle(objects, owner);
  if (cycle) {
    const message = `spec.include leads back to this object: ${cycle.join(' -> ')}`;
    throw waiting('IncludeCycle', message);
  }
  return (spec.include ?? []).map(({ repository, fromPath, toPath }) => {
    const { name } = repository;
    const found = objects.get({ namespace, name }) as GitRepository | undefined;
    if (!found) {
      const why = `gitrepositories.source.toolkit.fluxcd.io "${name}" not found`;
      throw waiting('NotFound', `could not get resource for include '${name}': ${why}`);
    }
    const artifact = found.status?.artifact as Artifact | undefined;
    if (!artifact) throw waiting('NoArtifact', `no artifact available for include '${name}'`);
    return { name, fromPath: fromPath ?? '', toPath: toPath || name, artifact };
  });
}

/** Objects that include each other would build each other again without end. */
function findCycle(objects: ObjectCache, owner: NamespacedName): string[] | undefined {
  const seen = new Set<string>();
  const search = (name: string, way: readonly string[]): string[] | undefined => {
    for (const next of includedNames(objects.get({ namespace: owner.namespace, name }))) {
      if (next === owner.name) return [...way, next];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = search(next, [...way, next]);
      if (found) return found;
    }
    return undefined;
  };
  return search(owner.name, [owner.name]);
}

function includedNames(object: KubeObject | undefined): string[] {
  const spec = object?.['spec'] as Partial<GitRepositorySpec> | undefined;
  return (spec?.include ?? []).map(({ repository }) => repository.name);
}

/** True when the included artifacts are not those that the object's own artifact was made with. */
export function isIncludeChanged(includes: readonly Include[], status: SourceStatusFields): boolean {
  const observed = (status['includedArtifacts'] ?? []) as readonly Artifact[];
  if (observed.length !== includes.length) return true;
  return includes.some(({ artifact }, index) => {
    const before = observed[index];
    return before?.revision !== artifact.revision || before.digest !== artifact.digest;
  });
}

/**
 * Copies the included artifacts into the checked out tree. What is there already is kept unless it has the same
 * name. @throws SourceFailure
 */
export async function copyIncludes(
  from: IncludeStore,
  includes: readonly Include[],
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  for (const include of includes) {
    const { name, fromPath, toPath } = include;
    const target = await secureJoin(directory, toPath).catch((error: unknown) => {
      const message = `path calculation for include '${name}' failed: ${messageOf(error)}`;
      throw storageFailure('IllegalPath', message, error);
    });
    try {
      await copyInclude(from, include, target, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      const message = `failed to copy '${name}' include from ${fromPath} to ${toPath}: ${messageOf(error)}`;
      throw storageFailure('CopyFailure', message, error);
    }
  }
}

async function copyInclude(
  { artifacts, fetchArtifact }: IncludeStore,
  { artifact, fromPath }: Include,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const held = await artifacts.openTree(artifact, signal);
  if (!held && !fetchArtifact)
    throw new Error(`artifact '${artifact.path}' is not in the storage of this agent`);
  const tree =
    held ?? (await artifacts.importArchive(artifact, await fetchArtifact!(artifact.url, signal), signal));
  try {
    const source = await secureJoin(tree.root, fromPath);
    await mkdir(path.dirname(target), { recursive: true });
    // Artifacts hold no symlinks; those of the target's folder have been resolved.
    await cp(source, target, { recursive: true, force: true, errorOnExist: false });
  } finally {
    await tree.release();
  }
}

/** The objects that include one whose artifact is new: they are built again. */
export function dependentsOf(objects: ObjectCache, change: CacheChange): NamespacedName[] {
  if (change.type !== 'updated' || !isArtifactNew(change.object, change.previous)) return [];
  const { namespace = '', name } = change.object.metadata;
  return objects.list().flatMap((object) => {
    const isDependent = object.metadata.namespace === namespace && includedNames(object).includes(name);
    return isDependent ? [{ namespace, name: object.metadata.name }] : [];
  });
}

function isArtifactNew(now: CacheChange['object'], before: CacheChange['object']): boolean {
  const [next, previous] = [now, before].map((object) => (object as GitRepository).status?.artifact);
  return next !== undefined && (next.digest !== previous?.digest || next.revision !== previous.revision);
}

function storageFailure(reason: string, message: string, cause: unknown): SourceFailure {
  return new SourceFailure({ condition: 'StorageOperationFailed', reason, message, cause });
}
