import { describe, expect, it } from 'vitest';
import type { KubeObject, NamespacedName } from '@flotilla/common/kube/object';
import type { CacheChange, ObjectCache } from '../runtime/cache.js';
import { connectTriggers } from './triggers.js';

/** A cache that a test changes; the informer has tests of its own. */
class TestCache implements ObjectCache {
  readonly synced = true;
  readonly #objects = new Map<string, KubeObject>();
  readonly #handlers = new Set<(change: CacheChange) => void>();

  get({ namespace, name }: NamespacedName): KubeObject | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  list(): KubeObject[] {
    return [...this.#objects.values()];
  }

  subscribe(handler: (change: CacheChange) => void): () => void {
    this.#handlers.add(handler);
    for (const object of this.list()) handler({ type: 'added', object });
    return () => this.#handlers.delete(handler);
  }

  put(object: KubeObject): void {
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    const previous = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const handler of this.#handlers) {
      handler(previous ? { type: 'updated', object, previous } : { type: 'added', object });
    }
  }
}

const ks = (
  name: string,
  spec: Record<string, unknown> = {},
  status: Record<string, unknown> = {},
  metadata = {},
): KubeObject => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { namespace: 'ns', name, generation: 1, ...metadata },
  spec: { interval: '1m', prune: true, sourceRef: { kind: 'GitRepository', name: 'fleet' }, ...spec },
  status,
});
const source = (revision: string, digest = revision, namespace = 'ns'): KubeObject => ({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  metadata: { namespace, name: 'fleet' },
  status: { artifact: { revision, digest } },
});
const ready = (lastAttemptedRevision: string, status = 'True', reason = 'ReconciliationSucceeded') => ({
  lastAttemptedRevision,
  lastAppliedRevision: lastAttemptedRevision,
  observedGeneration: 1,
  conditions: [{ type: 'Ready', status, reason }],
});

function start(kustomizations: KubeObject[], sources: KubeObject[] = []) {
  const caches = {
    kustomizations: new TestCache(),
    git: new TestCache(),
    configMaps: new TestCache(),
    secrets: new TestCache(),
  };
  kustomizations.forEach((object) => caches.kustomizations.put(object));
  sources.forEach((object) => caches.git.put(object));
  const names: string[] = [];
  connectTriggers(
    {
      kustomizations: caches.kustomizations,
      sources: { GitRepository: caches.git },
      configs: { ConfigMap: caches.configMaps, Secret: caches.secrets },
    },
    { enqueue: ({ name }) => void names.push(name) },
  );
  return { ...caches, take: () => names.splice(0) };
}

describe('a reconcile is triggered (flux-compat 3.2, triggers)', () => {
  it('by a new revision of the source, dependencies first', () => {
    const { git, take } = start([
      ks('a', { dependsOn: [{ name: 'b' }] }),
      ks('b', { dependsOn: [{ name: 'c' }] }),
      ks('c'),
    ]);
    take();
    git.put(source('r1'));

    expect(take()).toEqual(['c', 'b', 'a']);
  });

  it.each([
    ['is ready at the revision', ready('r2'), []],
    [
      'is at work on the revision',
      { lastAttemptedRevision: 'r2', conditions: [{ type: 'Reconciling', status: 'True' }] },
      [],
    ],
    ['failed at the revision', ready('r2', 'False', 'BuildFailed'), ['a']],
    ['is ready at another revision', ready('r1'), ['a']],
  ])('not when it %s: %j', (_title, status, expected) => {
    const { git, take } = start([ks('a', {}, status)], [source('r1')]);
    take();
    git.put(source('r2'));

    expect(take()).toEqual(expected);
  });

  it('by other content under the same revision', () => {
    const { git, take } = start([ks('a', {}, ready('r1'))], [source('r1', 'one')]);
    take();
    git.put(source('r1', 'two'));

    expect(take()).toEqual(['a']);
  });

  it('not by a source of another namespace, nor by a status change of the own one', () => {
    const { git, take } = start([ks('a')], [source('r1')]);
    take();
    git.put(source('r2', 'r2', 'elsewhere'));
    git.put(source('r1'));

    expect(take()).toEqual([]);
  });

  it('by a ConfigMap that it takes variables from', () => {
    const postBuild = { substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] };
    const { configMaps, take } = start([ks('a', { postBuild }), ks('b')]);
    take();
    configMaps.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'ns', name: 'vars' } });

    expect(take()).toEqual(['a']);
  });

  it('by the Secret that holds its keys', () => {
    const decryption = { provider: 'sops', secretRef: { name: 'keys' } };
    const { secrets, take } = start([ks('a', { decryption }), ks('b')]);
    take();
    secrets.put({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'other', name: 'keys' } });
    secrets.put({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'ns', name: 'keys' } });

    expect(take()).toEqual(['a']);
  });

  it('by a dependency that became ready, when it waits for that', () => {
    const waiting = ready('', 'False', 'DependencyNotReady');
    const { kustomizations, take } = start([
      ks('dep', {}, ready('r1', 'Unknown')),
      ks('waits', { dependsOn: [{ name: 'dep' }] }, waiting),
      ks('other', { dependsOn: [{ name: 'dep' }] }, ready('r1')),
    ]);
    take();
    kustomizations.put(ks('dep', {}, ready('r1')));

    expect(take()).toEqual(['waits']);
  });

  it('by a new generation and a request, not by a status', () => {
    const { kustomizations, take } = start([ks('a')]);
    take();
    kustomizations.put(ks('a', {}, ready('r1')));
    expect(take()).toEqual([]);

    kustomizations.put(ks('a', {}, {}, { annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } }));
    kustomizations.put(
      ks('a', {}, {}, { generation: 2, annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } }),
    );
    expect(take()).toEqual(['a', 'a']);
  });

  it('orders a cycle of dependencies without going round', () => {
    const { git, take } = start([
      ks('a', { dependsOn: [{ name: 'b' }] }),
      ks('b', { dependsOn: [{ name: 'a' }] }),
    ]);
    take();
    git.put(source('r1'));

    expect(take().sort()).toEqual(['a', 'b']);
  });
});
