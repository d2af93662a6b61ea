import type { KubeObject } from '@flotilla/common/kube/object';
import { isFields } from '../references.js';

// kustomize goes through all fields that may name another object, also when no name has changed. It fails when there
// is something else on the way to such a field than the schema has, and it completes references that are maps.

const containerFields = [
  'env/valueFrom/configMapKeyRef/name',
  'env/valueFrom/secretKeyRef/name',
  'envFrom/configMapRef/name',
  'envFrom/secretRef/name',
];
const podFields = [
  'volumes/configMap/name',
  'volumes/secret/secretName',
  'volumes/projected/sources/configMap/name',
  'volumes/projected/sources/secret/name',
  'volumes/persistentVolumeClaim/claimName',
  'imagePullSecrets/name',
  'serviceAccountName',
  'priorityClassName',
  ...['containers', 'initContainers'].flatMap((list) => containerFields.map((field) => `${list}/${field}`)),
];

function below(prefix: string, fields: readonly string[]): string[] {
  return fields.map((field) => `${prefix}/${field}`);
}

const template = below('spec/template/spec', podFields);

const nameFields: ReadonlyMap<string, ReadonlyArray<readonly string[]>> = new Map(
  Object.entries({
    Pod: below('spec', podFields),
    PodTemplate: below('template/spec', podFields),
    Deployment: template,
    ReplicaSet: template,
    DaemonSet: template,
    Job: template,
    ReplicationController: template,
    // Of Knative.
    Service: template,
    StatefulSet: [...template, 'spec/serviceName', 'spec/volumeClaimTemplates/spec/storageClassName'],
    CronJob: below('spec/jobTemplate', template),
    HorizontalPodAutoscaler: ['spec/scaleTargetRef/name'],
    Role: ['rules/resourceNames'],
    ClusterRole: ['rules/resourceNames'],
    RoleBinding: ['roleRef/name'],
    ClusterRoleBinding: ['roleRef/name'],
    Ingress: [
      'spec/tls/secretName',
      'spec/rules/http/paths/backend/serviceName',
      'spec/rules/http/paths/backend/service/name',
      'spec/backend/serviceName',
      'spec/defaultBackend/service/name',
      'spec/ingressClassName',
    ],
    HTTPRoute: ['spec/rules/backendRefs/name'],
    ServiceAccount: ['imagePullSecrets/name'],
    StorageClass: ['secretName', 'adminSecretName', 'userSecretName', 'secretRef'].map(
      (name) => `parameters/${name}`,
    ),
    PersistentVolume: ['spec/azureFile/secretName', 'spec/storageClassName'],
    PersistentVolumeClaim: ['spec/volumeName', 'spec/storageClassName'],
  }).map(([kind, paths]) => [kind, paths.map((path) => path.split('/'))]),
);

/** References that are maps of name and namespace, and what they name. */
const referenceMaps: ReadonlyMap<string, { readonly path: readonly string[]; readonly kind: string }> =
  new Map([
    ['RoleBinding', { path: ['subjects'], kind: 'ServiceAccount' }],
    ['ClusterRoleBinding', { path: ['subjects'], kind: 'ServiceAccount' }],
    ['ValidatingWebhookConfiguration', { path: ['webhooks', 'clientConfig', 'service'], kind: 'Service' }],
    ['MutatingWebhookConfiguration', { path: ['webhooks', 'clientConfig', 'service'], kind: 'Service' }],
  ]);

/** Kinds with references that are too rare to be looked at here. */
const rare = new Set(['Node', 'APIService']);

/** True when kustomize finds nothing to complain about and nothing to complete in the references of all objects. */
export function areReferencesComplete(objects: readonly KubeObject[]): boolean {
  const referable = new Map<string, KubeObject[]>();
  for (const object of objects) {
    if (object.kind !== 'ServiceAccount' && object.kind !== 'Service') continue;
    const key = `${object.kind}/${object.metadata.name}`;
    referable.set(key, [...(referable.get(key) ?? []), object]);
  }
  return objects.every((object) => {
    const { kind } = object;
    if (rare.has(kind)) return false;
    const maps = referenceMaps.get(kind);
    const isComplete = (reference: unknown): boolean =>
      isFields(reference) &&
      isKept(reference, referable.get(`${maps?.kind}/${String(reference['name'])}`) ?? []);
    return (
      (nameFields.get(kind) ?? []).every((path) => leadsTo(object, path, 0, isNames)) &&
      (!maps || leadsTo(object, maps.path, 0, (end) => [end].flat().every(isComplete)))
    );
  });
}

/** A reference gets the namespace of what it names. */
function isKept({ name, namespace }: Record<string, unknown>, named: readonly KubeObject[]): boolean {
  if (typeof name !== 'string' || name === '') return false;
  if (namespace !== undefined && typeof namespace !== 'string') return false;
  return named.length === 0 || (named.length === 1 && namespace === named[0]?.metadata.namespace);
}

function isNames(end: unknown): boolean {
  return typeof end === 'string' || (Array.isArray(end) && end.every((name) => typeof name === 'string'));
}

/** Follows a path through maps and lists of maps; what is absent is fine. */
function leadsTo(
  value: unknown,
  path: readonly string[],
  at: number,
  ends: (end: unknown) => boolean,
): boolean {
  if (at === path.length) return ends(value);
  if (Array.isArray(value)) return value.every((item) => leadsTo(item, path, at, ends));
  if (!isFields(value)) return false;
  const next = value[path[at]!];
  return next === undefined || leadsTo(next, path, at + 1, ends);
}
