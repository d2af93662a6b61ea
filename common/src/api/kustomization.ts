import { z } from 'zod';
import type { KubeObject } from '../kube/object.js';
import { commonStatusFields, Duration, Int64, LocalReference, SelectorField, Time } from './fields.js';
import {
  columns,
  olderVersions,
  parseObject,
  type KindDefinition,
  type KindVersion,
} from './kind-definition.js';
import { allPatches, olderKustomizationFields } from './older-fields.js';

const stringMap = z.record(z.string(), z.string());

const CommonMetadata = z.object({
  annotations: stringMap.optional().describe('Annotations set on every object.'),
  labels: stringMap.optional().describe('Labels set on every object.'),
});

const Decryption = z.object({
  provider: z.enum(['sops']).describe('How the secrets are encrypted.'),
  secretRef: LocalReference.optional().describe('Secret with the keys.'),
  serviceAccountName: z
    .string()
    .optional()
    .describe('ServiceAccount for the workload identity of a key service.'),
});

const Dependency = z.object({
  name: z.string().describe('Name of the Kustomization that must be ready first.'),
  namespace: z.string().optional().describe('Its namespace; default the own one.'),
  readyExpr: z
    .string()
    .optional()
    .describe('CEL expression over dep and self that replaces the built-in check.'),
});

const HealthCheckExpr = z.object({
  apiVersion: z.string().describe('API version of the kind.'),
  current: z.string().describe('CEL expression: the object is ready.'),
  failed: z.string().optional().describe('CEL expression: the object has failed.'),
  inProgress: z.string().optional().describe('CEL expression: the object is not ready yet.'),
  kind: z.string().optional().describe('Kind; empty means every kind of the group.'),
});

const HealthCheck = z.object({
  apiVersion: z.string().optional().describe('API version; default apps/v1.'),
  kind: z.string().describe('Kind of the object.'),
  name: z.string().describe('Name of the object.'),
  namespace: z.string().optional().describe('Namespace of the object.'),
});

const IgnoreRule = z.object({
  paths: z.array(z.string()).describe('JSON pointers that are left out of drift detection.'),
  target: SelectorField.optional().describe('Objects that the rule is for; default all.'),
});

const Image = z.object({
  digest: z.string().optional().describe('Digest that replaces the tag.'),
  name: z.string().describe('Image to look for.'),
  newName: z.string().optional().describe('Name that replaces it.'),
  newTag: z.string().optional().describe('Tag that replaces the old one.'),
});

const KubeConfig = z.object({
  configMapRef: LocalReference.optional().describe(
    'ConfigMap that says how to reach and log in to the cluster.',
  ),
  secretRef: z
    .object({
      key: z.string().optional().describe('Key of the Secret; default value, then value.yaml.'),
      name: z.string().describe('Name of the Secret.'),
    })
    .optional()
    .describe('Secret with a kubeconfig.'),
});

const Patch = z.object({
  patch: z.string().describe('Strategic merge patch or JSON 6902 patch, as YAML.'),
  target: SelectorField.optional().describe('Objects to patch; default the one that the patch names.'),
});

const SubstituteReference = z.object({
  kind: z.enum(['Secret', 'ConfigMap']).describe('Kind of the object that holds the variables.'),
  name: z.string().min(1).max(253).describe('Name of the object, in the own namespace.'),
  optional: z.boolean().default(false).describe('A missing object is not an error.'),
});
export type SubstituteReference = z.infer<typeof SubstituteReference>;

const PostBuild = z.object({
  substitute: stringMap.optional().describe('Variables; they win over substituteFrom.'),
  substituteFrom: z
    .array(SubstituteReference)
    .optional()
    .describe('Objects with variables, in order; later ones win.'),
  substituteStrategy: z
    .enum(['WithVariables', 'Always'])
    .optional()
    .describe('Whether the text is processed when there is no variable at all; default WithVariables.'),
});

const CrossNamespaceSource = z.object({
  apiVersion: z.string().optional().describe('API version of the source.'),
  kind: z
    .enum(['OCIRepository', 'GitRepository', 'Bucket', 'ExternalArtifact'])
    .describe('Kind of the source.'),
  name: z.string().describe('Name of the source.'),
  namespace: z.string().optional().describe('Namespace of the source; default the own one.'),
});

/** spec of a Kustomization, flux-compat 3.1. */
export const KustomizationSpec = z.object({
  buildMetadata: z
    .array(z.enum(['originAnnotations', 'transformerAnnotations']))
    .optional()
    .describe('Build metadata that kustomize adds as annotations.'),
  commonMetadata: CommonMetadata.optional().describe('Labels and annotations for every object.'),
  components: z.array(z.string()).optional().describe('Kustomize components, as local relative paths.'),
  decryption: Decryption.optional().describe('How encrypted files and objects are decrypted.'),
  deletionPolicy: z
    .enum(['MirrorPrune', 'Delete', 'WaitForTermination', 'Orphan'])
    .optional()
    .describe('What happens to the managed objects when this object is deleted; default MirrorPrune.'),
  dependsOn: z.array(Dependency).optional().describe('Kustomizations that must be ready first.'),
  force: z.boolean().default(false).describe('Delete and recreate objects whose fields cannot be changed.'),
  healthCheckExprs: z.array(HealthCheckExpr).optional().describe('CEL rules for the health of custom kinds.'),
  healthChecks: z
    .array(HealthCheck)
    .optional()
    .describe('Objects whose health is waited for, unless wait is set.'),
  ignore: z.array(IgnoreRule).optional().describe('Fields that are left out of drift detection.'),
  ignoreMissingComponents: z.boolean().optional().describe('Skip components that do not exist.'),
  images: z.array(Image).optional().describe('Image names, tags and digests to replace.'),
  interval: Duration.describe('Time between two reconciliations.'),
  kubeConfig: KubeConfig.optional()
    .meta({ oneOf: [{ required: ['configMapRef'] }, { required: ['secretRef'] }] })
    .describe('Another cluster to apply to; exactly one of configMapRef and secretRef.'),
  namePrefix: z.string().min(1).max(200).optional().describe('Prefix for the names of all objects.'),
  nameSuffix: z.string().min(1).max(200).optional().describe('Suffix for the names of all objects.'),
  patches: z.array(Patch).optional().describe('Kustomize patches.'),
  path: z.string().optional().describe('Folder in the artifact; default its root.'),
  postBuild: PostBuild.optional().describe('Variables that are substituted in the result of the build.'),
  prune: z.boolean().describe('Delete objects that are no longer part of the build.'),
  retryInterval: Duration.optional().describe('Time to the next attempt after a failure; default interval.'),
  serviceAccountName: z.string().optional().describe('ServiceAccount, in the own namespace, to act as.'),
  sourceRef: CrossNamespaceSource.describe('Where the manifests come from.'),
  suspend: z.boolean().optional().describe('Stop reconciling this object.'),
  targetNamespace: z.string().min(1).max(63).optional().describe('Namespace for all namespaced objects.'),
  timeout: Duration.optional().describe(
    'Limit of build, apply and health checks; default interval less 30 s, at least 30 s.',
  ),
  wait: z.boolean().optional().describe('Wait for the health of all applied objects.'),
  ...olderKustomizationFields,
});
export type KustomizationSpec = z.infer<typeof KustomizationSpec>;

const InventoryEntry = z.object({
  id: z.string().describe('<namespace>_<name>_<group>_<kind>'),
  v: z.string().describe('API version of the kind, without its group.'),
});

const HistoryEntry = z.object({
  digest: z.string().describe('sha256 of the built manifests.'),
  firstReconciled: Time.describe('When this content was first reconciled with this outcome.'),
  lastReconciled: Time.describe('When it was last.'),
  lastReconciledDuration: z.string().describe('How long the last one took.'),
  lastReconciledStatus: z.string().describe('Outcome of the last one.'),
  metadata: stringMap.optional().describe('Revision and origin revision.'),
  totalReconciliations: Int64.describe('How often.'),
});

/** status of a Kustomization, flux-compat 3.1. */
export const KustomizationStatus = z.object({
  ...commonStatusFields,
  history: z.array(HistoryEntry).optional().describe('The last reconciliations, newest first, at most five.'),
  inventory: z
    .object({ entries: z.array(InventoryEntry).describe('The objects.') })
    .optional()
    .describe('The objects that were applied.'),
  lastAppliedOriginRevision: z.string().optional().describe('Origin revision of the last applied artifact.'),
  lastAppliedRevision: z.string().optional().describe('Revision that was applied with success last.'),
  lastAttemptedRevision: z.string().optional().describe('Revision of the last attempt.'),
});
export type KustomizationStatus = z.infer<typeof KustomizationStatus>;

export interface Kustomization extends KubeObject {
  spec: KustomizationSpec;
  status?: KustomizationStatus;
}

const v1: KindVersion = {
  name: 'v1',
  storage: true,
  spec: KustomizationSpec,
  status: KustomizationStatus,
  columns: columns(),
};

export const kustomizationDefinition: KindDefinition = {
  group: 'kustomize.toolkit.fluxcd.io',
  kind: 'Kustomization',
  plural: 'kustomizations',
  shortNames: ['ks'],
  categories: ['all', 'fluxcd', 'fluxcd-appliers'],
  description: 'A folder of manifests from a source that is built, applied and kept in place.',
  versions: [v1, ...olderVersions('Kustomization', v1, 'v1beta2', 'v1beta1')],
};

/**
 * Gives an object its type, with defaults filled in, and patches of older versions moved to `patches`.
 * @throws InvalidObjectError that names the field
 */
export function parseKustomization(object: KubeObject): Kustomization {
  const parsed = parseObject<Kustomization>(object, KustomizationSpec);
  const { patchesStrategicMerge: _merges, patchesJson6902: _operations, ...spec } = parsed.spec;
  const patches = allPatches(parsed.spec);
  return { ...parsed, spec: { ...spec, ...(patches ? { patches } : {}) } };
}
