import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../servers/cluster.js';
import { startFleet, type Fleet } from '../servers/fleet.js';
import { startGitServer, type GitServer } from '../servers/git-server.js';
import { kubectlFor, type Kubectl } from '../servers/kubectl.js';
import type { ServerProcess } from '../servers/server-process.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { waitFor } from '../servers/wait-for.js';
import { installAgent, startChartAgent, startChartHub, type ChartHub } from './chart-fleet.js';
import { secretData } from './pod-process.js';
import { fleetFiles } from './tenants.js';

interface Conditioned {
  status?: { conditions?: Array<{ type: string; status: string; reason: string; message: string }> };
}
interface ClusterView {
  ready: boolean;
  reason: string;
  freshness: string;
  labels: Record<string, string>;
  objects: { total: number; ready: number; failed: number };
}

const folder = temporaryFolder('charts');
chmodSync(folder.path, 0o711);
let fleet: Fleet;
let git: GitServer;
let repository: Awaited<ReturnType<GitServer['createRepository']>>;
let hub: ChartHub;
const agents: ServerProcess[] = [];

beforeAll(async () => {
  [fleet, git] = await Promise.all([startFleet(2, { workloads: true }), startGitServer()]);
  repository = await git.createRepository('fleet');
  await repository.commit(fleetFiles);
  hub = await startChartHub(fleet.clusters[0]!, join(folder.path, 'hub'));
});
afterAll(async () => {
  for (const agent of agents) await agent.stop();
  await hub?.process.stop('SIGTERM', 20_000);
  await git?.stop();
  await fleet?.stop();
  folder.remove();
});

async function agentValues(name: string, more: Record<string, unknown>): Promise<Record<string, unknown>> {
  return {
    'hub.address': `127.0.0.1:${hub.ports.grpc}`,
    'hub.enrollAddress': `127.0.0.1:${hub.ports.enroll}`,
    'hub.joinToken': await hub.joinToken(),
    'cluster.name': name,
    'cluster.labels': { env: name },
    'sync.url': repository.url,
    'sync.interval': '5s',
    ...more,
  };
}

async function readyCondition(kubectl: Kubectl, namespace: string, name: string) {
  const { status } = await kubectl.get<Conditioned>('kustomization', name, '-n', namespace);
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

const untilReady = (kubectl: Kubectl, namespace: string, name: string) =>
  waitFor(`Kustomization ${namespace}/${name} to be ready`, async () => {
    const condition = await readyCondition(kubectl, namespace, name);
    if (condition?.status !== 'True') throw new Error(condition?.message ?? 'no condition');
    return true;
  });

const untilHubSays = (name: string, isRight: (view: ClusterView) => boolean) =>
  waitFor(`the hub to see cluster ${name}`, async () => {
    const view = await hub.api<ClusterView>(`/clusters/${name}`);
    if (!isRight(view)) throw new Error(JSON.stringify(view));
    return view;
  });

/** Changes an object by hand, and waits until the agent has put it back. */
async function corrected(
  kubectl: Kubectl,
  object: readonly string[],
  patch: unknown,
  path: string,
): Promise<void> {
  const read = () => kubectl.run(['get', ...object, '-o', `jsonpath={${path}}`]);
  const before = await read();
  await kubectl.run(['patch', ...object, '--type=merge', '-p', JSON.stringify(patch)]);
  await waitFor(`${object.join(' ')} to be corrected`, async () => (await read()) === before, {
    timeoutMs: 8_000,
  });
}

describe('the hub as its chart makes it', () => {
  it('takes the token of its Secret, and comes back after its volume was given to a group', async () => {
    expect(await hub.api('/whoami')).toMatchObject({ role: 'admin' });
    const { ports, process } = hub;
    await process.stop('SIGTERM', 20_000);
    chmodSync(join(folder.path, 'hub', 'data', 'postgres'), 0o2770);
    hub = await startChartHub(fleet.clusters[0]!, join(folder.path, 'hub'), ports);
    expect(await hub.api('/whoami')).toMatchObject({ role: 'admin' });
  });
});

describe('the agent as its chart makes it, with rbac.clusterAdmin', () => {
  let cluster: Cluster;
  let kubectl: Kubectl;

  it('enrols, applies its root, and the hub shows its cluster ready', async () => {
    cluster = fleet.clusters[0]!;
    kubectl = await kubectlFor(cluster);
    await installAgent(cluster, await agentValues('dev', { 'sync.path': './clusters/dev' }));
    agents.push(await startChartAgent(cluster, join(folder.path, 'dev')));
    await untilReady(kubectl, 'flux-system', 'flux-system');
    const view = await untilHubSays('dev', ({ ready }) => ready);
    expect(view).toMatchObject({
      freshness: 'Live',
      labels: { env: 'dev' },
      objects: { total: 2, ready: 2 },
    });
  });

  it('corrects drift', async () => {
    await corrected(kubectl, ['deployment', 'web', '-n', 'dev'], { spec: { replicas: 5 } }, '.spec.replicas');
  });

  it('goes on as the same cluster after a restart without its token and its folder', async () => {
    await agents.pop()!.stop();
    await kubectl.run(['delete', 'secret', 'flotilla-agent-join-token', '-n', 'flux-system']);
    agents.push(await startChartAgent(cluster, join(folder.path, 'dev-again')));
    await untilHubSays('dev', ({ ready, freshness }) => ready && freshness === 'Live');
    expect((await hub.api<{ total: number }>('/clusters')).total).toBe(1);
  });
});

describe('the agent as its chart makes it, without rights of its own', () => {
  let cluster: Cluster;
  let kubectl: Kubectl;
  let log: string;

  it('applies the root as its ServiceAccount, and tenants as theirs', async () => {
    cluster = fleet.clusters[1]!;
    kubectl = await kubectlFor(cluster);
    await kubectl.run(['create', 'namespace', 'flux-system']);
    await kubectl.run(['create', 'serviceaccount', 'root', '-n', 'flux-system']);
    const rights = ['--clusterrole=cluster-admin', '--serviceaccount=flux-system:root'];
    await kubectl.run(['create', 'clusterrolebinding', 'root', ...rights]);
    const values = await agentValues('prod', {
      'sync.path': './clusters/prod',
      'sync.serviceAccountName': 'root',
      'rbac.clusterAdmin': false,
    });
    await installAgent(cluster, values);
    const agent = await startChartAgent(cluster, join(folder.path, 'prod'));
    agents.push(agent);
    log = agent.log;
    await untilReady(kubectl, 'flux-system', 'flux-system');
    await untilReady(kubectl, 'team-a', 'app');
  });

  it('tells a tenant without rights what is forbidden to whom, and the hub that the cluster is not ready', async () => {
    const condition = await waitFor('the failure', async () => {
      const found = await readyCondition(kubectl, 'team-b', 'app');
      return found?.status === 'False' && found;
    });
    expect(condition.reason).toBe('ReconciliationFailed');
    expect(condition.message).toContain('User "system:serviceaccount:team-b:default" cannot patch resource');
    const view = await untilHubSays('prod', ({ objects }) => objects.failed === 1);
    expect(view).toMatchObject({ ready: false, objects: { total: 4, ready: 3 } });
  });

  it.each([
    [
      'of a kind that the agent itself may see',
      ['configmap', 'settings', '-n', 'team-a'],
      { data: { v: 'x' } },
      '.data.v',
    ],
    [
      'of a kind that only the tenant may see',
      ['deployment', 'web', '-n', 'team-a'],
      { spec: { replicas: 5 } },
      '.spec.replicas',
    ],
    [
      'of an object without a namespace, that only the root may see',
      ['namespace', 'team-a'],
      { metadata: { labels: { team: 'x' } } },
      '.metadata.labels.team',
    ],
  ])('corrects drift %s', async (_, object, patch, path) => {
    await corrected(kubectl, object, patch, path);
  });

  it('goes on with a tenant that gets its rights', async () => {
    const rights = ['--clusterrole=edit', '--serviceaccount=team-b:default', '-n', 'team-b'];
    await kubectl.run(['create', 'rolebinding', 'late', ...rights]);
    await kubectl.run([
      'annotate',
      'kustomization',
      'app',
      '-n',
      'team-b',
      'reconcile.fluxcd.io/requestedAt=now',
    ]);
    await untilReady(kubectl, 'team-b', 'app');
    await untilHubSays('prod', ({ ready }) => ready);
    await corrected(
      kubectl,
      ['deployment', 'web', '-n', 'team-b'],
      { spec: { replicas: 5 } },
      '.spec.replicas',
    );
  });

  it('has carried out an intent of the hub', async () => {
    const object = { kind: 'Kustomization', namespace: 'team-a', name: 'app' };
    const body = { action: 'reconcile', clusters: ['prod'], object, withSource: true };
    const { items } = await hub.api<{ items: Array<{ id: string }> }>('/intents', body);
    await waitFor('the intent', async () => {
      const intent = await hub.api<{ state: string; message: string }>(`/intents/${items[0]!.id}`);
      if (intent.state === 'Succeeded') return true;
      throw new Error(JSON.stringify(intent));
    });
  });

  it('was not refused anything but what tenants may not do', async () => {
    expect(await secretData(cluster, 'flux-system', 'flotilla-agent-identity')).toHaveProperty('cluster-id');
    const leases = await kubectl.run(['get', 'leases', '-n', 'flux-system', '-o', 'name']);
    expect(leases).toContain('flotilla-agent-leader-election');
    const events = await kubectl.run(['get', 'events', '-n', 'team-a', '-o', 'name']);
    expect(events).not.toBe('');
    const refused = readFileSync(log, 'utf8').split('\n');
    expect(refused.filter((line) => line.includes('forbidden') && !line.includes('team-b:default'))).toEqual(
      [],
    );
  });
});
