import { join } from 'node:path';
import type { KubeObject, ObjectRef } from '@flotilla/common/kube/object';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMap, deployment, service } from '../conformance/rig/manifests.js';
import { withNames } from '../conformance/rig/names.js';
import { deleteObject, mergeAs, readObject, refOf } from '../conformance/rig/objects.js';
import { type ControlPlane, startControlPlane } from '../servers/control-plane.js';
import { type FlotillaAgent, flotillaCrds, startFlotillaAgent } from '../servers/flotilla-agent.js';
import { type GitServer, startGitServer } from '../servers/git-server.js';
import { kubectlFor } from '../servers/kubectl.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { waitFor } from '../servers/wait-for.js';
import { applyAsFlux, inventoryOf, writeFluxObjects } from './flux-written.js';

const namespaced = (object: KubeObject): KubeObject => withNames(object, { ns: 'apps' });
const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'apps' } };
const role: KubeObject = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'apps:read' },
  rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
};
const config = namespaced(configMap('config', { mode: 'production' }));
const web = namespaced(deployment('web', { replicas: 2 }));
// Flux fills the protocol in before it applies.
const backend = namespaced(service('web', { ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }));
/** In the order in which Flux applies. */
const objects = [namespace, role, config, backend, web];

const source: ObjectRef = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  namespace: 'flux-system',
  name: 'apps',
};
const kustomization: ObjectRef = {
  ...source,
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
};

interface Status {
  conditions: { type: string; status: string; reason: string }[];
  inventory: { entries: { id: string; v: string }[] };
  artifact: { revision: string; url: string };
  lastAppliedRevision: string;
  lastHandledReconcileAt?: string;
}

const folder = temporaryFolder('from-flux');
let cluster: ControlPlane;
let git: GitServer;
let agent: FlotillaAgent;
let repository: Awaited<ReturnType<GitServer['createRepository']>>;
/** Everything as Flux left it. */
let before: Map<string, KubeObject>;
let podsBefore: string[];

beforeAll(async () => {
  [cluster, git] = await Promise.all([startControlPlane({ workloads: true }), startGitServer()]);
  const kubectl = await kubectlFor(cluster);
  await kubectl.run(['apply', '-f', '-'], await flotillaCrds());
  await kubectl.run(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  await kubectl.run(['create', 'namespace', 'flux-system']);
  repository = await git.createRepository('apps');
  const commit = await repository.commit(
    Object.fromEntries(objects.map((object, index) => [`${index}.yaml`, JSON.stringify(object)])),
  );
  await applyAsFlux(cluster.kube, objects);
  await waitFor('the Deployment', async () => {
    const found = (await read(refOf(web)))!;
    return (found.status as { readyReplicas?: number }).readyReplicas === 2;
  });
  await writeFluxObjects(cluster.kube, { url: repository.url, commit, objects });
  before = await readAll();
  podsBefore = await podIds();
  agent = await startFlotillaAgent({
    kubeconfig: cluster.kubeconfig,
    storagePath: join(folder.path, 'storage'),
    log: join(folder.path, 'agent.log'),
  });
});

afterAll(async () => {
  await agent?.stop();
  await git?.stop();
  await cluster?.stop();
  folder.remove();
});

const keyOf = ({ kind, name }: ObjectRef): string => `${kind}/${name}`;
const read = (ref: ObjectRef): Promise<KubeObject | undefined> => readObject(cluster.kube, ref);
const statusOf = async (ref: ObjectRef): Promise<Status> => (await read(ref))?.status as Status;

async function readAll(): Promise<Map<string, KubeObject>> {
  const found = new Map<string, KubeObject>();
  for (const ref of [...objects.map(refOf), source, kustomization]) found.set(keyOf(ref), (await read(ref))!);
  return found;
}

async function podIds(): Promise<string[]> {
  const path = '/api/v1/namespaces/apps/pods';
  const { items } = await cluster.kube.call<{ items: KubeObject[] }>({ path });
  return items.map(({ metadata }) => metadata.uid!).toSorted();
}

/** Asks for a reconcile of everything, and waits for its success. */
async function reconciled(ref: ObjectRef, at: string): Promise<Status> {
  const annotations = { 'reconcile.fluxcd.io/requestedAt': at };
  await mergeAs(cluster.kube, 'flux', ref, { metadata: { annotations } });
  return await waitFor(`${keyOf(ref)} to answer`, async () => {
    const status = await statusOf(ref);
    const ready = status.conditions.find(({ type }) => type === 'Ready');
    return status.lastHandledReconcileAt === at && ready?.status === 'True' && status;
  });
}

const managersOf = ({ metadata }: KubeObject): string[] =>
  (metadata.managedFields ?? []).map(({ manager, operation }) => `${manager} ${operation}`).toSorted();

describe('an agent that starts where Flux ran', () => {
  it('takes the source and the Kustomization over, and serves the artifact itself', async () => {
    const taken = await reconciled(source, 'take-over');
    const applied = await reconciled(kustomization, 'take-over');

    expect(taken.artifact.revision).toBe(`main@sha1:${await repository.head()}`);
    expect(taken.artifact.url).not.toContain('source-controller.flux-system');
    expect(applied.lastAppliedRevision).toBe(taken.artifact.revision);
  });

  it('recreates, restarts and writes nothing of what Flux applied', async () => {
    const after = await readAll();

    for (const ref of objects.map(refOf)) {
      const [then, now] = [before.get(keyOf(ref))!.metadata, after.get(keyOf(ref))!.metadata];
      expect(now.uid, keyOf(ref)).toBe(then.uid);
      expect(now.generation, keyOf(ref)).toBe(then.generation);
      expect(now.resourceVersion, keyOf(ref)).toBe(then.resourceVersion);
      expect(now.managedFields, keyOf(ref)).toEqual(then.managedFields);
    }
    expect(await podIds()).toEqual(podsBefore);
  });

  it('keeps the inventory entry by entry', async () => {
    expect((await statusOf(kustomization)).inventory.entries).toEqual(inventoryOf(objects));
  });

  it('writes its own kinds under the names that Flux uses, so nobody owns a field twice', async () => {
    for (const ref of [source, kustomization]) {
      const [then, now] = [before.get(keyOf(ref))!, (await read(ref))!];
      const known = new Set([...managersOf(then), 'flux Update']);
      expect(
        managersOf(now).filter((manager) => !known.has(manager)),
        keyOf(ref),
      ).toEqual([]);
      expect(now.metadata.uid).toBe(then.metadata.uid);
      expect(now.metadata.generation).toBe(then.metadata.generation);
    }
  });

  it('corrects drift of an object that Flux applied', async () => {
    await mergeAs(cluster.kube, 'kubectl-edit', refOf(config), { data: { mode: 'by hand' } });

    await waitFor('the correction', async () => {
      const { data } = (await read(refOf(config))) as unknown as { data: { mode: string } };
      return data.mode === 'production';
    });
  });

  it('prunes what leaves Git, although only Flux had ever applied it', async () => {
    await repository.commit({ '1.yaml': null, '3.yaml': null });
    await reconciled(source, 'prune');
    await reconciled(kustomization, 'prune');

    expect(await read(refOf(role))).toBeUndefined();
    expect(await read(refOf(backend))).toBeUndefined();
    expect((await statusOf(kustomization)).inventory.entries).toEqual(inventoryOf([namespace, config, web]));
    expect((await read(refOf(web)))?.metadata.uid).toBe(before.get('Deployment/web')?.metadata.uid);
  });
});

/** Fields of the status that Flux's CRDs know; it would lose any other one at its next write. */
const knownFields = {
  GitRepository: [
    'artifact',
    'conditions',
    'includedArtifacts',
    'lastHandledReconcileAt',
    'observedGeneration',
    'observedIgnore',
    'observedInclude',
    'observedRecurseSubmodules',
    'observedSparseCheckout',
    'sourceVerificationMode',
  ],
  Kustomization: [
    'conditions',
    'history',
    'inventory',
    'lastAppliedOriginRevision',
    'lastAppliedRevision',
    'lastAttemptedRevision',
    'lastHandledReconcileAt',
    'observedGeneration',
  ],
};
const knownConditions = [
  'Ready',
  'Reconciling',
  'Stalled',
  'Healthy',
  'ArtifactInStorage',
  'FetchFailed',
  'ArtifactOutdated',
  'SourceVerified',
  'StorageOperationFailed',
  'IncludeUnavailable',
];

describe('Flux, when it comes back', () => {
  beforeAll(async () => {
    await agent.stop();
  });

  it('finds the finalizer that it removes itself, and no other', async () => {
    for (const ref of [source, kustomization]) {
      expect((await read(ref))?.metadata.finalizers).toEqual(['finalizers.fluxcd.io']);
    }
  });

  it('finds fields and conditions of its own in the status, and nothing else', async () => {
    for (const ref of [source, kustomization]) {
      const status = await statusOf(ref);
      const known: readonly string[] = knownFields[ref.kind as keyof typeof knownFields];
      expect(Object.keys(status).filter((field) => !known.includes(field))).toEqual([]);
      expect(status.conditions.filter(({ type }) => !knownConditions.includes(type))).toEqual([]);
    }
  });

  it('finds its labels, and no annotation or label of anybody else', async () => {
    const labels = {
      'kustomize.toolkit.fluxcd.io/name': 'apps',
      'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
    };
    for (const ref of [namespace, config, web].map(refOf)) {
      const { metadata } = (await read(ref))!;
      expect(metadata.labels).toEqual(before.get(keyOf(ref))?.metadata.labels);
      expect(metadata.labels).toMatchObject(labels);
      expect(metadata.annotations).toEqual(before.get(keyOf(ref))?.metadata.annotations);
    }
    for (const ref of [source, kustomization]) {
      expect(Object.keys((await read(ref))?.metadata.annotations ?? {})).toEqual([
        'reconcile.fluxcd.io/requestedAt',
      ]);
    }
  });

  it('has nothing to change: its own apply of the same objects writes nothing', async () => {
    const left = [namespace, config, web];
    const then = await Promise.all(left.map((object) => read(refOf(object))));
    const now = await applyAsFlux(cluster.kube, left);

    expect(now.map(({ metadata }) => metadata.uid)).toEqual(then.map((object) => object?.metadata.uid));
    expect(now.map(({ metadata }) => metadata.generation)).toEqual(
      then.map((object) => object?.metadata.generation),
    );
    expect(now.map(managersOf)).toEqual(then.map((object) => managersOf(object!)));
  });

  it('can store its objects: v1 is the only version in the store', async () => {
    for (const name of ['gitrepositories.source', 'kustomizations.kustomize']) {
      const crd = await read({
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        name: `${name}.toolkit.fluxcd.io`,
      });
      expect((crd!.status as { storedVersions: string[] }).storedVersions).toEqual(['v1']);
    }
  });

  it('can let the Kustomization go: nothing but its own finalizer holds it', async () => {
    await deleteObject(cluster.kube, kustomization);
    await mergeAs(cluster.kube, 'gotk-kustomize-controller', kustomization, {
      metadata: { finalizers: null },
    });

    await waitFor('its end', async () => (await read(kustomization)) === undefined);
  });
});
