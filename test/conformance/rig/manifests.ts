// Objects that rows commit or create. `<ns>` is the namespace of the row.
import type { KubeObject } from '@flotilla/common/kube/object';
import type { Fields } from './scenario-row.js';

type Metadata = Partial<KubeObject['metadata']>;

export function configMap(
  name: string,
  data: Fields = { value: 'one' },
  metadata: Metadata = {},
): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: '<ns>', name, ...metadata }, data };
}

export function secret(name: string, fields: Fields = {}, metadata: Metadata = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: '<ns>', name, ...metadata }, ...fields };
}

export function service(name: string, spec: Fields = {}, metadata: Metadata = {}): KubeObject {
  const ports = [{ name: 'http', port: 80 }];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: '<ns>', name, ...metadata },
    spec: { selector: { app: name }, ports, ...spec },
  };
}

/** The tag of the image says what becomes of its Pods: see test/servers. */
export function deployment(
  name: string,
  { image = 'registry.example.com/app:1.0', replicas = 1, ...spec }: Fields = {},
  metadata: Metadata = {},
): KubeObject {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image }] } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: '<ns>', name, ...metadata },
    spec: { replicas, selector: { matchLabels: labels }, template, ...spec },
  };
}

export function job(name: string, image = 'registry.example.com/app:1.0', spec: Fields = {}): KubeObject {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image }] } };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace: '<ns>', name },
    spec: { backoffLimit: 0, template, ...spec },
  };
}

/** Cluster-scoped: the name has to be unique, so it carries the namespace of the row. */
export function clusterRole(name: string, rules: readonly unknown[] = []): KubeObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name },
    rules,
  };
}

export function namespaceObject(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

/** A kind of its own for the row: group `<ns>.example.com`. */
export function crd(kind: string, schema: Fields = {}): KubeObject {
  const plural = `${kind.toLowerCase()}s`;
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, ...schema };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.<ns>.example.com` },
    spec: {
      group: '<ns>.example.com',
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: open },
        },
      ],
    },
  };
}

/** A kustomization.yaml. */
export function kustomizationFile(fields: Fields): string {
  return JSON.stringify({
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    ...fields,
  });
}

export const owner = 'kustomize.toolkit.fluxcd.io';
