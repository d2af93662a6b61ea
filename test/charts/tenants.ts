// A fleet repository: one cluster that the agent rules alone, one with two tenants of which one has no rights yet.

const manifest = (apiVersion: string, kind: string, namespace: string, name: string, rest: object = {}) =>
  JSON.stringify({ apiVersion, kind, metadata: { name, ...(namespace ? { namespace } : {}) }, ...rest });
const documents = (...texts: string[]) => texts.map((text) => `---\n${text}\n`).join('');

function namespace(name: string): string {
  const metadata = { name, labels: { team: name } };
  return JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata });
}

function app(inNamespace: string): string {
  const labels = { app: 'web' };
  const containers = [{ name: 'web', image: 'web:1' }];
  return documents(
    manifest('v1', 'ConfigMap', inNamespace, 'settings', { data: { v: '1' } }),
    manifest('apps/v1', 'Deployment', inNamespace, 'web', {
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      },
    }),
  );
}

function tenant(name: string): string {
  return documents(
    namespace(name),
    manifest('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', name, 'app', {
      spec: {
        interval: '10m',
        path: `./tenants/${name}`,
        prune: true,
        sourceRef: { kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' },
      },
    }),
  );
}

const rights = manifest('rbac.authorization.k8s.io/v1', 'RoleBinding', 'team-a', 'tenant', {
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
  subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'team-a' }],
});

export const fleetFiles: Readonly<Record<string, string>> = {
  'clusters/dev/app.yaml': documents(namespace('dev')) + app('dev'),
  'clusters/prod/team-a.yaml': tenant('team-a') + documents(rights),
  'clusters/prod/team-b.yaml': tenant('team-b'),
  'tenants/team-a/app.yaml': app('team-a'),
  'tenants/team-b/app.yaml': app('team-b'),
};
