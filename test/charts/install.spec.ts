import { X509Certificate } from 'node:crypto';
import { crdFiles } from '@flotilla/agent/crds/crd-files';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startControlPlane, type ControlPlane } from '../servers/control-plane.js';
import { helmFor } from '../servers/helm.js';
import { kubectlFor, type Kubectl } from '../servers/kubectl.js';
import { waitFor } from '../servers/wait-for.js';
import { deploy, uninstall, type Release } from './charts.js';
import { secretData } from './pod-process.js';

let cluster: ControlPlane;
let kubectl: Kubectl;
let hub: Release;
let agent: Release;

beforeAll(async () => {
  cluster = await startControlPlane();
  kubectl = await kubectlFor(cluster);
  const helm = await helmFor(cluster);
  hub = { helm, namespace: 'flotilla', chart: 'flotilla-hub' };
  agent = { helm, namespace: 'flux-system', chart: 'flotilla-agent' };
});
afterAll(() => cluster?.stop());

const hubValues = {
  publicEndpoint: 'hub.example.com:8443',
  'ingress.enabled': true,
  'ingress.host': 'hub.example.com',
  'ingress.tlsSecret': 'hub-tls',
  trustedProxies: ['10.244.0.0/16'],
  'networkPolicy.enabled': true,
};
const agentValues = {
  replicas: 2,
  'hub.address': 'hub.example.com:8443',
  'hub.joinToken': 'flj_abc',
  'cluster.name': 'prod',
  'cluster.labels': { env: 'prod' },
  'sync.url': 'https://git.example.com/fleet',
  'sync.path': './clusters/prod',
  'networkPolicy.enabled': true,
};

/** `Kind/name` of everything in the cluster that a release has made. */
async function objectsOf({ chart }: Release): Promise<string[]> {
  const kinds = [
    'all,secrets,serviceaccounts,ingresses,networkpolicies,poddisruptionbudgets,resourcequotas',
    'roles,rolebindings,clusterroles,clusterrolebindings',
    ...(chart === 'flotilla-agent' ? ['gitrepositories,kustomizations'] : []),
  ].join();
  const label = `app.kubernetes.io/instance=${chart},app.kubernetes.io/managed-by=Helm`;
  const { items } = await kubectl.get<{
    items: Array<{ kind: string; metadata: { name: string; ownerReferences?: [] } }>;
  }>(kinds, '-A', '-l', label);
  return items
    .filter(({ metadata }) => !metadata.ownerReferences)
    .map(({ kind, metadata }) => `${kind}/${metadata.name}`)
    .toSorted();
}

const secrets = async () => ({
  ca: await secretData(cluster, 'flotilla', 'flotilla-hub-ca'),
  admin: await secretData(cluster, 'flotilla', 'flotilla-hub-admin-token'),
});

const volumes = () => kubectl.run(['get', 'pvc', '-n', 'flotilla', '-o', 'name']);

describe('the chart of the hub', () => {
  let made: Awaited<ReturnType<typeof secrets>>;

  it('installs all its objects, with an authority and an admin token of its own', async () => {
    const notes = await deploy(hub, hubValues);
    expect(await objectsOf(hub)).toEqual([
      'Ingress/flotilla-hub',
      'NetworkPolicy/flotilla-hub',
      'Secret/flotilla-hub-admin-token',
      'Secret/flotilla-hub-ca',
      'Service/flotilla-hub',
      'Service/flotilla-hub-agents',
      'ServiceAccount/flotilla-hub',
      'StatefulSet/flotilla-hub',
    ]);
    await waitFor('the volume', async () => (await volumes()).includes('data-flotilla-hub-0'));
    made = await secrets();
    const ca = new X509Certificate(made.ca!['tls.crt']!);
    expect(ca).toMatchObject({ ca: true, subject: 'CN=Flotilla hub CA' });
    expect(made.admin!['admin-token']).toMatch(/^flt_[A-Za-z0-9]{43}$/);
    expect(notes).toContain('flotilla login --hub https://hub.example.com');
    expect(notes).toContain('get secret flotilla-hub-admin-token');
    expect(notes).not.toContain(made.admin!['admin-token']);
  });

  it('keeps the authority and the token through an upgrade without a change, which starts no Pod anew', async () => {
    const before = await template('statefulset', hub);
    await deploy(hub, hubValues);
    expect(await secrets()).toEqual(made);
    expect(await template('statefulset', hub)).toEqual(before);
  });

  it('keeps them through an upgrade with a change', async () => {
    await deploy(hub, { ...hubValues, logLevel: 'debug', tlsNames: ['10.1.2.3'] });
    expect(await secrets()).toEqual(made);
    expect(JSON.stringify(await template('statefulset', hub))).toContain('--tls-name=10.1.2.3');
  });

  it('leaves them and the volume after an uninstall, and is the same hub when it is installed again', async () => {
    await uninstall(hub);
    await gone('statefulset', hub);
    expect(await objectsOf(hub)).toEqual(['Secret/flotilla-hub-admin-token', 'Secret/flotilla-hub-ca']);
    expect(await volumes()).toContain('data-flotilla-hub-0');
    await deploy(hub, hubValues);
    expect(await secrets()).toEqual(made);
  });

  it('refuses an authority of which half is missing, instead of making one that no agent knows', async () => {
    const path = '/api/v1/namespaces/flotilla/secrets/flotilla-hub-ca';
    await cluster.kube.call({ method: 'DELETE', path });
    await kubectl.run([
      'create',
      'secret',
      'generic',
      'flotilla-hub-ca',
      '-n',
      'flotilla',
      '--from-literal=tls.crt=x',
    ]);
    await expect(deploy(hub, hubValues)).rejects.toThrow(
      'Secret flotilla/flotilla-hub-ca has no tls.crt or no tls.key; restore both, or delete it',
    );
  });

  it('takes replicas, a database and Secrets that exist', async () => {
    const other = { ...hub, namespace: 'other' };
    await deploy(other, {
      replicas: 3,
      'database.existingSecret': 'pg',
      'ca.existingSecret': 'my-ca',
      'adminToken.existingSecret': 'my-token',
    });
    const { spec } = await template('statefulset', other);
    expect(JSON.stringify(spec)).toContain('{"secretKeyRef":{"key":"database-url","name":"pg"}}');
    expect(await kubectl.run(['get', 'pdb,sts', '-n', 'other', '-o', 'name'])).toContain(
      'poddisruptionbudget',
    );
    expect(await kubectl.run(['get', 'secrets', '-n', 'other', '-o', 'name'])).not.toMatch(
      /flotilla-hub-(ca|admin)/,
    );
    expect(await kubectl.run(['get', 'pvc', '-n', 'other', '-o', 'name'])).toBe('');
  });
});

describe('the chart of the agent', () => {
  it('installs the CRDs and all its objects', async () => {
    const notes = await deploy(agent, agentValues);
    expect(await objectsOf(agent)).toEqual([
      'ClusterRole/flux-system:flotilla-agent',
      'ClusterRoleBinding/flux-system:flotilla-agent',
      'ClusterRoleBinding/flux-system:flotilla-agent:reconciler',
      'Deployment/flotilla-agent',
      'GitRepository/flux-system',
      'Kustomization/flux-system',
      'NetworkPolicy/flotilla-agent',
      'PodDisruptionBudget/flotilla-agent',
      'ResourceQuota/flotilla-agent-critical-pods',
      'Role/flotilla-agent',
      'RoleBinding/flotilla-agent',
      'Secret/flotilla-agent-join-token',
      'Service/flotilla-agent',
      'ServiceAccount/flotilla-agent',
    ]);
    expect(await kubectl.run(['get', 'crd', '-o', 'name'])).toBe(
      crdFiles()
        .map(({ name }) => `customresourcedefinition.apiextensions.k8s.io/${name.replace('.yaml', '')}\n`)
        .join(''),
    );
    expect(notes).toContain('Cluster prod reports to the hub at hub.example.com:8443.');
    expect(notes).not.toContain('flj_abc');
  });

  it('changes nothing in an upgrade without a change', async () => {
    const before = await template('deployment', agent);
    await deploy(agent, agentValues);
    expect(await template('deployment', agent)).toEqual(before);
  });

  it('starts anew for a new join token, and drops what is not wanted any more', async () => {
    const before = await template('deployment', agent);
    await deploy(agent, {
      ...agentValues,
      replicas: 1,
      'hub.joinToken': 'flj_def',
      'rbac.clusterAdmin': false,
    });
    const after = await template('deployment', agent);
    expect(after.metadata.annotations).not.toEqual(before.metadata.annotations);
    expect(JSON.stringify(after.spec)).toContain('--default-service-account=default');
    expect(await objectsOf(agent)).not.toContain('ClusterRoleBinding/flux-system:flotilla-agent:reconciler');
    expect(await objectsOf(agent)).not.toContain('PodDisruptionBudget/flotilla-agent');
  });

  it('leaves the root and the CRDs after an uninstall, so that nothing that runs is deleted', async () => {
    await uninstall(agent);
    await gone('deployment', agent);
    expect(await objectsOf(agent)).toEqual(['GitRepository/flux-system', 'Kustomization/flux-system']);
    await deploy(agent, agentValues);
    expect(await objectsOf(agent)).toContain('Deployment/flotilla-agent');
  });

  it('runs stand-alone with the rights of somebody else', async () => {
    const other = { ...agent, namespace: 'elsewhere' };
    await deploy(other, {
      'rbac.create': false,
      'serviceAccount.create': false,
      'serviceAccount.name': 'gitops',
      priorityClassName: '',
    });
    const made = await kubectl.run(['get', 'deploy,sa,role,quota', '-n', 'elsewhere', '-o', 'name']);
    expect(made.trim().split('\n').toSorted()).toEqual([
      'deployment.apps/flotilla-agent',
      'serviceaccount/default',
    ]);
  });
});

describe('both charts', () => {
  it.each(['statefulset', 'deployment'] as const)(
    'give the container of the %s nothing it does not need',
    async (kind) => {
      const { spec } = await template(kind, kind === 'deployment' ? agent : hub);
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65532, fsGroup: 65532 });
      expect(spec.containers[0]!.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      const writable = spec.containers[0]!.volumeMounts.filter(({ readOnly }) => !readOnly);
      expect(writable.map(({ mountPath }) => mountPath).toSorted()).toEqual(['/data', '/tmp']);
    },
  );
});

interface PodTemplate {
  metadata: { annotations: Record<string, string> };
  spec: {
    securityContext: Record<string, unknown>;
    containers: Array<{
      securityContext: Record<string, unknown>;
      volumeMounts: Array<{ mountPath: string; readOnly?: boolean }>;
    }>;
  };
}

async function template(kind: 'deployment' | 'statefulset', release: Release): Promise<PodTemplate> {
  const found = await kubectl.get<{ spec: { template: PodTemplate } }>(
    kind,
    release.chart,
    '-n',
    release.namespace,
  );
  return found.spec.template;
}

const gone = (kind: string, { chart, namespace }: Release) =>
  kubectl.run(['wait', '--for=delete', `${kind}/${chart}`, '-n', namespace, '--timeout=30s']);
