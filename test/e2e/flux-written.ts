// A cluster as Flux leaves it: its objects with conditions, inventory and artifact, what it applied, and who owns
// which field. Written through the API by the field managers that Flux's controllers use.
import type { KubeObject } from '@flotilla/common/kube/object';
import { applyAs, mergeAs, pathOf, refOf } from '../conformance/rig/objects.js';
import type { KubeRequester } from '../servers/kube-request.js';

const namespace = 'flux-system';
const since = '2026-01-02T03:04:05Z';
const group = 'kustomize.toolkit.fluxcd.io';

const condition = (type: string, reason: string, message: string) => ({
  type,
  status: 'True',
  reason,
  message,
  observedGeneration: 1,
  lastTransitionTime: since,
});

export interface FluxState {
  readonly url: string;
  readonly commit: string;
  /** What Git holds, in the order of the inventory. */
  readonly objects: readonly KubeObject[];
}

/** Inventory ids as Flux writes them. */
export function inventoryOf(objects: readonly KubeObject[]): { id: string; v: string }[] {
  return objects.map(({ apiVersion, kind, metadata }) => {
    const [version = '', apiGroup = ''] = apiVersion.split('/').toReversed();
    const name = kind.includes('Role') ? metadata.name.replaceAll(':', '__') : metadata.name;
    return { id: [metadata.namespace ?? '', name, apiGroup, kind].join('_'), v: version };
  });
}

/** The objects that Flux applied for the Kustomization `apps`, with its labels, as kustomize-controller. */
export async function applyAsFlux(
  kube: KubeRequester,
  objects: readonly KubeObject[],
): Promise<KubeObject[]> {
  const applied: KubeObject[] = [];
  for (const object of objects) applied.push(await applyAs(kube, 'kustomize-controller', owned(object)));
  return applied;
}

function owned(object: KubeObject): KubeObject {
  const labels = { ...object.metadata.labels, [`${group}/name`]: 'apps', [`${group}/namespace`]: namespace };
  return { ...object, metadata: { ...object.metadata, labels } };
}

/** The GitRepository and the Kustomization, made by `flux bootstrap` and worked on by Flux's controllers. */
export async function writeFluxObjects(
  kube: KubeRequester,
  { url, commit, objects }: FluxState,
): Promise<void> {
  const revision = `main@sha1:${commit}`;
  const source = await createAs(kube, 'kubectl-create', {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'apps', namespace },
    spec: { interval: '1h', url, ref: { branch: 'main' }, timeout: '60s' },
  });
  const path = `gitrepository/${namespace}/apps/${commit}.tar.gz`;
  const stored = `stored artifact for revision '${revision}'`;
  const artifact = {
    digest: `sha256:${'5'.repeat(64)}`,
    lastUpdateTime: since,
    path,
    revision,
    size: 4321,
    url: `http://source-controller.${namespace}.svc.cluster.local./${path}`,
  };
  await takeInHand(kube, source, 'source-controller', {
    artifact,
    conditions: [
      condition('Ready', 'Succeeded', stored),
      condition('ArtifactInStorage', 'Succeeded', stored),
    ],
    observedGeneration: 1,
  });
  const kustomization = await createAs(kube, 'kubectl-create', {
    apiVersion: `${group}/v1`,
    kind: 'Kustomization',
    metadata: { name: 'apps', namespace },
    spec: {
      interval: '1h',
      path: './',
      prune: true,
      force: false,
      wait: true,
      sourceRef: { kind: 'GitRepository', name: 'apps' },
    },
  });
  await takeInHand(kube, kustomization, 'gotk-kustomize-controller', {
    conditions: [
      condition('Ready', 'ReconciliationSucceeded', `Applied revision: ${revision}`),
      condition('Healthy', 'Succeeded', 'Health check passed in 30ms'),
    ],
    history: [
      {
        digest: `sha256:${'6'.repeat(64)}`,
        firstReconciled: since,
        lastReconciled: since,
        lastReconciledDuration: '1.2s',
        lastReconciledStatus: 'ReconciliationSucceeded',
        metadata: { revision },
        totalReconciliations: 17,
      },
    ],
    inventory: { entries: inventoryOf(objects) },
    lastAppliedRevision: revision,
    lastAttemptedRevision: revision,
    lastHandledReconcileAt: '2026-01-02T03:04:04.123456789Z',
    observedGeneration: 1,
  });
}

async function createAs(kube: KubeRequester, manager: string, object: KubeObject): Promise<KubeObject> {
  const path = pathOf({ ...refOf(object), name: '' }).replace(/\/$/, '');
  return await kube.call<KubeObject>({
    method: 'POST',
    path: `${path}?fieldManager=${manager}`,
    body: object,
  });
}

/** Finalizer and status, as a controller of Flux writes them. */
async function takeInHand(
  kube: KubeRequester,
  object: KubeObject,
  manager: string,
  status: object,
): Promise<void> {
  await mergeAs(kube, manager, refOf(object), { metadata: { finalizers: ['finalizers.fluxcd.io'] } });
  await mergeAs(kube, manager, refOf(object), { status }, 'status');
}
