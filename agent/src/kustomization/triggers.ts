import type { Kustomization } from '@flotilla/common/api/kustomization';
import {
  formatName,
  refOf,
  type KubeObject,
  type NamespacedName,
  type ObjectRef,
} from '@flotilla/common/kube/object';
import type { CacheChange, ObjectCache } from '../runtime/cache.js';
import { specChanged, type ChangeFilter } from '../runtime/enqueue-on-change.js';
import { approvalAnnotation, budgetAnnotation } from './delete-budget/judge-deletion.js';
import type { KustomizationCaches } from './deps.js';
import { requestedAtAnnotation } from './kind.js';
import { artifactOf, sourceKey } from './source-ref.js';
import { KustomizationIndex } from './index-by-reference.js';
import { orderByDependency } from './order-by-dependency.js';

/** Takes what shall be reconciled, and the object whose change asks for it. */
export interface TriggerTarget {
  enqueue(name: NamespacedName, cause: ObjectRef): void;
}

/** Connects everything that a reconcile depends on with the work queue (flux-compat 3.2, triggers). */
export function connectTriggers(caches: KustomizationCaches, target: TriggerTarget): () => void {
  const index = new KustomizationIndex(caches.kustomizations);
  const stops = [
    index.start(),
    enqueueChanged(
      caches.kustomizations,
      target,
      specChanged(requestedAtAnnotation, budgetAnnotation, approvalAnnotation),
    ),
    enqueueDependants(caches.kustomizations, index, target),
    ...Object.values(caches.sources).map((cache) => enqueueFollowers(cache, index, target)),
    ...Object.values(caches.configs ?? {}).map((cache) => enqueueReaders(cache, index, target)),
  ];
  return () => stops.forEach((stop) => stop());
}

function enqueueChanged(cache: ObjectCache, target: TriggerTarget, filter: ChangeFilter): () => void {
  return cache.subscribe((change) => {
    if (filter(change)) target.enqueue(nameOf(change.object), refOf(change.object));
  });
}

/** A new revision: those that follow the source, dependencies first, unless they are already at it. */
function enqueueFollowers(cache: ObjectCache, index: KustomizationIndex, target: TriggerTarget): () => void {
  return cache.subscribe((change) => {
    const revision = artifactOf(change.object)?.revision;
    if (change.type === 'deleted' || revision === undefined) return;
    if (change.type === 'updated' && !hasNewArtifact(change)) return;
    const followers = index.bySource(sourceKey({ ...change.object.metadata, kind: change.object.kind }));
    // The status tells which revision was attempted, not which content of it.
    const isRepacked = change.type === 'updated' && artifactOf(change.previous)?.revision === revision;
    const behind = followers.filter((object) => isRepacked || !isAtRevision(object, revision));
    for (const object of orderByDependency(behind)) target.enqueue(nameOf(object), refOf(change.object));
  });
}

function hasNewArtifact(change: Extract<CacheChange, { type: 'updated' }>): boolean {
  const [now, before] = [artifactOf(change.object), artifactOf(change.previous)];
  return now?.revision !== before?.revision || now?.digest !== before?.digest;
}

/** Ready or at work, and has already attempted this revision. */
function isAtRevision({ status }: Kustomization, revision: string): boolean {
  if (status?.lastAttemptedRevision !== revision) return false;
  return (status.conditions ?? []).some(
    ({ type, status: value }) => (type === 'Ready' || type === 'Reconciling') && value === 'True',
  );
}

/** Those that wait for a dependency need not wait for the next look when it has become ready or moved on. */
function enqueueDependants(cache: ObjectCache, index: KustomizationIndex, target: TriggerTarget): () => void {
  return cache.subscribe((change) => {
    if (change.type !== 'updated') return;
    const isNews = readiness(change.object) !== readiness(change.previous);
    const name = nameOf(change.object);
    for (const object of index.byDependency(formatName(name))) {
      if (waitsForDependency(object) && (isNews || hasReadyExpression(object, name)))
        target.enqueue(nameOf(object), refOf(change.object));
    }
  });
}

function readiness(object: KubeObject): string {
  const { metadata, status } = object as Kustomization;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  return JSON.stringify([
    metadata.generation,
    status?.observedGeneration,
    ready,
    status?.lastAppliedRevision,
  ]);
}

/** An expression may ask for any field of the dependency. */
function hasReadyExpression({ metadata, spec }: Kustomization, name: NamespacedName): boolean {
  return (spec.dependsOn ?? []).some(
    (dependency) =>
      dependency.readyExpr &&
      dependency.name === name.name &&
      (dependency.namespace || metadata.namespace) === name.namespace,
  );
}

function waitsForDependency({ status }: Kustomization): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'False' && ready.reason === 'DependencyNotReady';
}

/** The values of a watched ConfigMap or Secret changed. */
function enqueueReaders(cache: ObjectCache, index: KustomizationIndex, target: TriggerTarget): () => void {
  return cache.subscribe(({ object: config }) => {
    for (const object of index.byConfig(configKey(config))) target.enqueue(nameOf(object), refOf(config));
  });
}

function configKey(object: KubeObject): string {
  return sourceKey({ ...object.metadata, kind: object.kind });
}

function nameOf(object: KubeObject): NamespacedName {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}
