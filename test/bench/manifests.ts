// The objects and files that the benchmark works with.

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: object };
  readonly [field: string]: unknown;
}

/** The namespace of everything that the agent reconciles. */
export const fleetNamespace = 'flux-system';

const configMap = (name: string, value: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { value, settings: `name=${name}\nlog=info\nretries=3\n` },
});

const deployment = (name: string): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [{ name: 'app', image: `example.test/${name}:1`, ports: [{ containerPort: 8080 }] }],
      },
    },
  },
});

const others = [
  (name: string): Manifest => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } }),
  (name: string): Manifest => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    data: { key: 'dmFsdWU=' },
  }),
  (name: string): Manifest => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
  }),
  deployment,
];

/** Objects of a usual mix: of ten, six ConfigMaps and one each of ServiceAccount, Secret, Role and Deployment. */
export function mixedObjects(count: number): Manifest[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `object-${String(index).padStart(5, '0')}`;
    return others[(index % 10) - 6]?.(name) ?? configMap(name, 'one');
  });
}

/** Four small objects of one application; the first is a ConfigMap with `value`. */
export function applicationObjects(name: string, value: string): Manifest[] {
  return [
    configMap(name, value),
    configMap(`${name}-more`, 'more'),
    ...others.slice(0, 2).map((make) => make(name)),
  ];
}

/** JSON is YAML, but people write the latter: one document after the other. */
export function toYaml(objects: readonly unknown[]): string {
  return objects.map((object) => `---\n${block(object, '')}`).join('');
}

function block(value: unknown, indent: string): string {
  if (Array.isArray(value)) return value.map((item) => `${indent}- ${JSON.stringify(item)}\n`).join('');
  return Object.entries(value as object)
    .map(([key, field]) =>
      typeof field === 'object' && field !== null
        ? `${indent}${key}:\n${block(field, `${indent}  `)}`
        : `${indent}${key}: ${JSON.stringify(field)}\n`,
    )
    .join('');
}

/** A folder with a kustomization file that lists one file with the objects. */
export function folderOf(folder: string, objects: readonly Manifest[]): Record<string, string> {
  return {
    [`${folder}/kustomization.yaml`]:
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - objects.yaml\n',
    [`${folder}/objects.yaml`]: toYaml(objects),
  };
}

export function gitRepository(name: string, url: string): Manifest {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name, namespace: fleetNamespace },
    // New commits are announced by an annotation, so that no poll falls into a measurement.
    spec: { interval: '12h', url, ref: { branch: 'main' } },
  };
}

export interface KustomizationWish {
  readonly name: string;
  readonly source: string;
  readonly path: string;
  readonly targetNamespace?: string;
  readonly interval?: string;
}

export function kustomization({
  name,
  source,
  path,
  targetNamespace,
  interval,
}: KustomizationWish): Manifest {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: fleetNamespace },
    spec: {
      interval: interval ?? '12h',
      timeout: '10m',
      path,
      prune: true,
      ...(targetNamespace === undefined ? {} : { targetNamespace }),
      sourceRef: { kind: 'GitRepository', name: source },
    },
  };
}
