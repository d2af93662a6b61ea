import { reportCrds } from '@flotilla/agent/crds/report-crds';
import { loadCluster } from '@flotilla/agent/kube/cluster';
import { createKubeClient } from '@flotilla/agent/kube/create-kube-client';
import { createTransport } from '@flotilla/agent/kube/transport';
import { createLogger } from '@flotilla/agent/runtime/logger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startControlPlane, type ControlPlane } from '../servers/control-plane.js';
import { flotillaCrds } from '../servers/flotilla-agent.js';
import { kubectlFor } from '../servers/kubectl.js';
import { waitFor } from '../servers/wait-for.js';
import { kubeRequester, type KubeRequester } from '../servers/kube-request.js';
import { installAgent } from './chart-fleet.js';

interface Rule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
}

let cluster: ControlPlane;
let agent: KubeRequester;

beforeAll(async () => {
  cluster = await startControlPlane();
  await installAgent(cluster, {
    'rbac.clusterAdmin': false,
    'rbac.tokensOf[0].namespace': 'default',
    'rbac.tokensOf[0].serviceAccounts[0]': 'remote',
  });
  const token = await cluster.serviceAccountToken('flux-system', 'flotilla-agent');
  agent = kubeRequester({ url: cluster.url, caData: cluster.caData, token });
});
afterAll(async () => {
  agent?.close();
  await cluster?.stop();
});

const review = 'selfsubject(access|rules)reviews';

/** What `kubectl auth can-i --list` shows, without what every user may do: one line for each rule. */
async function rulesIn(namespace: string): Promise<string[]> {
  const answer = await agent.call<{ status: { resourceRules: Rule[]; incomplete: boolean } }>({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
    body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } },
  });
  expect(answer.status.incomplete).toBe(false);
  return answer.status.resourceRules
    .flatMap(({ verbs, apiGroups = [], resources = [], resourceNames = [] }) =>
      resources.map((resource) => {
        const name = [resource, ...apiGroups.filter((group) => group !== '')].join('.');
        return `${name} ${resourceNames.join(',') || '*'} ${verbs.toSorted().join(',')}`;
      }),
    )
    .filter((line) => !new RegExp(`^${review}`).test(line))
    .toSorted();
}

async function mayDo(attributes: Record<string, string>): Promise<boolean> {
  const answer = await agent.call<{ status: { allowed: boolean } }>({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: attributes },
    },
  });
  return answer.status.allowed;
}

const everywhere = [
  'buckets.source.toolkit.fluxcd.io * get',
  'configmaps * get,list,watch',
  'customresourcedefinitions.apiextensions.k8s.io gitrepositories.source.toolkit.fluxcd.io,kustomizations.kustomize.toolkit.fluxcd.io get',
  'events * create,patch',
  'externalartifacts.source.toolkit.fluxcd.io * get',
  'gitrepositories.source.toolkit.fluxcd.io * get,list,patch,watch',
  'gitrepositories/status.source.toolkit.fluxcd.io * patch',
  'helmcharts.source.toolkit.fluxcd.io * get',
  'kustomizations.kustomize.toolkit.fluxcd.io * get,list,patch,watch',
  'kustomizations/status.kustomize.toolkit.fluxcd.io * patch',
  'namespaces kube-system get',
  'ocirepositories.source.toolkit.fluxcd.io * get',
  'secrets * get,list,watch',
  'serviceaccounts * get,impersonate',
];
const atHome = [
  'configmaps flotilla-agent-standing create,get,list,patch,watch',
  'leases.coordination.k8s.io * create',
  'leases.coordination.k8s.io flotilla-agent-leader-election,flotilla-agent-shards get,patch',
  'secrets flotilla-agent-identity create,get,patch',
];

/** Where rbac.tokensOf names an account. */
const inDefault = ['serviceaccounts/token remote create'];

describe('the agent with rbac.clusterAdmin: false', () => {
  it('may do in any namespace exactly this', async () => {
    expect(await rulesIn('kube-public')).toEqual(everywhere);
  });

  it('may do exactly this more where rbac.tokensOf names an account', async () => {
    expect(await rulesIn('default')).toEqual([...everywhere, ...inDefault].toSorted());
  });

  it('may ask for tokens of the account that rbac.tokensOf names', async () => {
    const [resource, subresource] = ['serviceaccounts', 'token'];
    const attributes = { verb: 'create', resource, subresource, namespace: 'default', name: 'remote' };
    expect(await mayDo(attributes)).toBe(true);
  });

  it('may do in its own namespace exactly this more', async () => {
    expect(await rulesIn('flux-system')).toEqual([...everywhere, ...atHome].toSorted());
  });

  it.each<[string, Record<string, string>]>([
    [
      'make a Secret, which could ask for the token of any ServiceAccount',
      { verb: 'create', resource: 'secrets', namespace: 'flux-system' },
    ],
    [
      'change the Secret of somebody else',
      { verb: 'patch', resource: 'secrets', namespace: 'flux-system', name: 'other' },
    ],
    ['make a ConfigMap', { verb: 'create', resource: 'configmaps', namespace: 'flux-system' }],
    [
      'change the ConfigMap of somebody else',
      { verb: 'patch', resource: 'configmaps', namespace: 'flux-system', name: 'other' },
    ],
    [
      'make its identity in another namespace',
      { verb: 'create', resource: 'secrets', namespace: 'default', name: 'flotilla-agent-identity' },
    ],
    [
      'delete its identity',
      { verb: 'delete', resource: 'secrets', namespace: 'flux-system', name: 'flotilla-agent-identity' },
    ],
    [
      'apply anything itself',
      { verb: 'patch', resource: 'deployments', group: 'apps', namespace: 'flux-system' },
    ],
    [
      'make a Kustomization',
      {
        verb: 'create',
        resource: 'kustomizations',
        group: 'kustomize.toolkit.fluxcd.io',
        namespace: 'flux-system',
      },
    ],
    ['be a user', { verb: 'impersonate', resource: 'users', name: 'admin' }],
    ['be in a group', { verb: 'impersonate', resource: 'groups', name: 'system:masters' }],
    ['read Pods', { verb: 'list', resource: 'pods', namespace: 'kube-system' }],
    [
      'run something in a Pod',
      { verb: 'create', resource: 'pods', subresource: 'exec', namespace: 'flux-system' },
    ],
    ['widen rights', { verb: 'escalate', resource: 'clusterroles', group: 'rbac.authorization.k8s.io' }],
    ['bind rights', { verb: 'create', resource: 'clusterrolebindings', group: 'rbac.authorization.k8s.io' }],
    ['change a CRD', { verb: 'patch', resource: 'customresourcedefinitions', group: 'apiextensions.k8s.io' }],
    [
      'ask for tokens of another account',
      {
        verb: 'create',
        resource: 'serviceaccounts',
        subresource: 'token',
        namespace: 'default',
        name: 'default',
      },
    ],
    [
      'ask for tokens',
      { verb: 'create', resource: 'serviceaccounts', subresource: 'token', namespace: 'flux-system' },
    ],
  ])('may not %s', async (_, attributes) => {
    expect(await mayDo(attributes)).toBe(false);
  });
});

describe('the agent at its start', () => {
  /** What it says about CRDs, with the rights of the narrow role. */
  async function reported(): Promise<Array<Record<string, unknown>>> {
    const token = await cluster.serviceAccountToken('flux-system', 'flotilla-agent');
    const transport = createTransport(await loadCluster({ kubeconfig: cluster.kubeconfigFor({ token }) }));
    const lines: string[] = [];
    const logger = createLogger({
      level: 'debug',
      encoding: 'json',
      now: () => 0,
      write: (line) => void lines.push(line),
    });
    try {
      await reportCrds(createKubeClient(transport), logger, AbortSignal.timeout(10_000));
    } finally {
      await transport.close();
    }
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }
  const path = (crd: string) => `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd}`;

  it('has nothing to say about the CRDs of its chart', async () => {
    expect(await reported()).toEqual([]);
  });

  it('names the CRD that is too old, what it lacks and the remedy', async () => {
    const field = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/suspend';
    await cluster.kube.call({
      method: 'PATCH',
      path: path('gitrepositories.source.toolkit.fluxcd.io'),
      contentType: 'application/json-patch+json',
      body: [{ op: 'remove', path: field }],
    });
    expect(await reported()).toMatchObject([
      {
        level: 'error',
        crd: 'gitrepositories.source.toolkit.fluxcd.io',
        lacking: ['spec.suspend in v1'],
        remedy: 'flotilla-agent crds | kubectl apply --server-side --force-conflicts -f -',
      },
    ]);
  });

  it('is quiet again after the remedy', async () => {
    const kubectl = await kubectlFor(cluster);
    await kubectl.run(['apply', '--server-side', '--force-conflicts', '-f', '-'], await flotillaCrds());
    expect(await reported()).toEqual([]);
  });

  it('names the CRD that is missing', async () => {
    await cluster.kube.call({ method: 'DELETE', path: path('kustomizations.kustomize.toolkit.fluxcd.io') });
    const missing = await waitFor('the report', async () => {
      const lines = await reported();
      return lines.length > 0 && lines;
    });
    expect(missing).toMatchObject([{ level: 'error', crd: 'kustomizations.kustomize.toolkit.fluxcd.io' }]);
  });
});
