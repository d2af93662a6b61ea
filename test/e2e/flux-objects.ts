// Objects as people write them for Flux, as plain data (JSON is YAML).
import type { KubeRequester } from '../servers/kube-request.js';

export interface FluxObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** The part of an object that tests read. */
export interface Observed {
  readonly metadata: {
    readonly name: string;
    readonly generation: number;
    readonly uid: string;
    readonly resourceVersion: string;
  };
  readonly spec?: { readonly suspend?: boolean };
  readonly data?: Readonly<Record<string, string>>;
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly Condition[];
    readonly artifact?: { readonly revision: string };
    readonly lastAppliedRevision?: string;
    readonly lastAttemptedRevision?: string;
    readonly lastHandledReconcileAt?: string;
    readonly inventory?: { readonly entries: ReadonlyArray<{ readonly id: string; readonly v: string }> };
  };
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** The namespace of the agent and of its Flux objects. */
export const fluxNamespace = 'flux-system';

export function gitRepository(
  name: string,
  url: string,
  spec: Readonly<Record<string, unknown>> = {},
): FluxObject {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name, namespace: fluxNamespace },
    spec: { interval: '10m', url, ref: { branch: 'main' }, ...spec },
  };
}

/** Follows the GitRepository of the same name unless the spec says otherwise. */
export function kustomization(name: string, spec: Readonly<Record<string, unknown>> = {}): FluxObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: fluxNamespace },
    spec: {
      interval: '10m',
      path: './',
      prune: true,
      sourceRef: { kind: 'GitRepository', name },
      ...spec,
    },
  };
}

export function configMap(
  namespace: string,
  name: string,
  data: Readonly<Record<string, string>> = {},
): FluxObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

export function secret(
  namespace: string,
  name: string,
  stringData: Readonly<Record<string, string>>,
): FluxObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData };
}

/** A file of a repository. */
export function manifest(...objects: readonly FluxObject[]): string {
  return objects.map((object) => `${JSON.stringify(object, null, 2)}\n`).join('---\n');
}

const resources: Readonly<Record<string, string>> = {
  GitRepository: 'gitrepositories',
  Kustomization: 'kustomizations',
  ConfigMap: 'configmaps',
  Secret: 'secrets',
  Namespace: 'namespaces',
};

/** Path of an object on the API server. */
export function pathOf({ apiVersion, kind, metadata }: FluxObject): string {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const scope = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `${root}${scope}/${resources[kind]}/${metadata.name}`;
}

/** Applies objects as a person does with kubectl. */
export async function applyObjects(kube: KubeRequester, ...objects: readonly FluxObject[]): Promise<void> {
  for (const body of objects) {
    const path = `${pathOf(body)}?fieldManager=kubectl&force=true`;
    await kube.call({ method: 'PATCH', path, body, contentType: 'application/apply-patch+yaml' });
  }
}

/** Undefined when there is no such object. */
export async function readObject(kube: KubeRequester, object: FluxObject): Promise<Observed | undefined> {
  const { status, body } = await kube.send({ path: pathOf(object) });
  if (status === 404) return undefined;
  if (status !== 200) throw new Error(`GET ${pathOf(object)}: ${status}: ${JSON.stringify(body)}`);
  return body as Observed;
}

export function conditionOf(object: Observed | undefined, type: string): Condition | undefined {
  return object?.status?.conditions?.find((one) => one.type === type);
}
