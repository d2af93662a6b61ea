// Objects of any kind on the API server, without the client that is under test.
import type { KubeObject, ObjectRef } from '@flotilla/common/kube/object';
import type { KubeAnswer, KubeRequester } from '../../servers/kube-request.js';

const clusterScoped = new Set([
  'Namespace',
  'CustomResourceDefinition',
  'ClusterRole',
  'ClusterRoleBinding',
  'StorageClass',
  'IngressClass',
  'PriorityClass',
  'RuntimeClass',
  'PersistentVolume',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
]);

export function isClusterScoped(kind: string): boolean {
  return clusterScoped.has(kind) || kind.startsWith('Cluster');
}

/** Path of an object, or of its collection when there is no name. */
export function pathOf({ apiVersion, kind, namespace, name }: ObjectRef): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = isClusterScoped(kind) ? '' : `/namespaces/${namespace}`;
  return `${root}${scope}/${pluralOf(kind)}/${name}`;
}

function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  if (lower === 'endpoints') return lower;
  if (/(s|x|ch|sh)$/.test(lower)) return `${lower}es`;
  return /[^aeiou]y$/.test(lower) ? `${lower.slice(0, -1)}ies` : `${lower}s`;
}

export function refOf({ apiVersion, kind, metadata: { namespace, name } }: KubeObject): ObjectRef {
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** `apps/v1/Deployment/web`, in the namespace given here, or `v1/ConfigMap/other/app`. */
export function parseRef(text: string, namespace: string): ObjectRef {
  const parts = text.split('/');
  const version = parts.findIndex((part) => /^v\d/.test(part));
  const [kind = '', ...names] = parts.slice(version + 1);
  const name = names.pop() ?? '';
  return {
    apiVersion: parts.slice(0, version + 1).join('/'),
    kind,
    name,
    namespace: names.pop() ?? namespace,
  };
}

export async function readObject(kube: KubeRequester, ref: ObjectRef): Promise<KubeObject | undefined> {
  const { status, body } = await kube.send({ path: pathOf(ref) });
  if (status === 404) return undefined;
  if (status !== 200) throw new Error(`GET ${pathOf(ref)}: ${status}: ${JSON.stringify(body)}`);
  return body as KubeObject;
}

/** Applies as a field manager; takes fields over from others. */
export async function applyAs(kube: KubeRequester, manager: string, object: KubeObject): Promise<KubeObject> {
  const path = `${pathOf(refOf(object))}?fieldManager=${manager}&force=true`;
  return await kube.call<KubeObject>({
    method: 'PATCH',
    path,
    body: object,
    contentType: 'application/apply-patch+yaml',
  });
}

/** A merge patch as a field manager, as an editor or a controller writes. */
export async function mergeAs(
  kube: KubeRequester,
  manager: string,
  ref: ObjectRef,
  body: unknown,
  subresource = '',
): Promise<KubeObject> {
  const path = `${pathOf(ref)}${subresource && `/${subresource}`}?fieldManager=${manager}`;
  return await kube.call<KubeObject>({ method: 'PATCH', path, body });
}

export async function deleteObject(kube: KubeRequester, ref: ObjectRef): Promise<KubeAnswer> {
  return await kube.send({ method: 'DELETE', path: pathOf(ref), body: { propagationPolicy: 'Background' } });
}
