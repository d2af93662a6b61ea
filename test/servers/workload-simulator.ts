// Plays the scheduler, the kubelet and the volume binder of a cluster without nodes: Pods are bound to a node that
// exists on paper and report what their image tags ask for (see pod-status.ts); the controller manager does the rest.
import { setTimeout as sleep } from 'node:timers/promises';
import { keepWatching } from './keep-watching.js';
import type { Listed } from './keep-watching.js';
import type { KubeRequest, KubeRequester } from './kube-request.js';
import { fateOf, podStatus } from './pod-status.js';
import type { Pod } from './pod-status.js';

export interface WorkloadSimulator {
  stop(): Promise<void>;
}

export interface WorkloadSimulatorOptions {
  /** Names of the nodes to make; DaemonSets get a Pod on each, other Pods go to the first. Default: one node. */
  readonly nodes?: readonly string[];
}

interface Claim extends Listed {
  readonly status?: { readonly phase?: string };
}

/** Starts the simulator in this process. */
export async function startWorkloadSimulator(
  kube: KubeRequester,
  options: WorkloadSimulatorOptions = {},
): Promise<WorkloadSimulator> {
  const nodes = options.nodes ?? ['node-1'];
  for (const node of nodes) await ensureNode(kube, node);
  const abort = new AbortController();
  const pods = podKeeper(kube, nodes[0]!, abort.signal);
  const loops = [
    keepWatching<Pod>(kube, '/api/v1/pods', abort.signal, pods),
    keepWatching<Claim>(kube, '/api/v1/persistentvolumeclaims', abort.signal, (claim) =>
      bindClaim(kube, claim),
    ),
  ];
  return {
    async stop() {
      abort.abort();
      await Promise.all(loops);
    },
  };
}

async function ensureNode(kube: KubeRequester, name: string): Promise<void> {
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
  };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } };
  await kube.send({ method: 'POST', path: '/api/v1/nodes', body: node });
  const resources = { cpu: '64', memory: '256Gi', pods: '10000' };
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    lastTransitionTime: new Date().toISOString(),
  };
  const status = { capacity: resources, allocatable: resources, conditions: [ready] };
  await kube.call({ method: 'PATCH', path: `/api/v1/nodes/${name}/status`, body: { status } });
  // Admission taints every new node as not ready, and the controller that would lift that is off.
  await kube.call({ method: 'PATCH', path: `/api/v1/nodes/${name}`, body: { spec: { taints: null } } });
}

/** Returns the handler of one Pod event. */
function podKeeper(kube: KubeRequester, node: string, signal: AbortSignal): (pod: Pod) => Promise<void> {
  const addresses = new Map<string, string>();
  const reported = new Map<string, string>();
  return async (pod) => {
    const { name, namespace, uid, deletionTimestamp } = pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    if (deletionTimestamp !== undefined) {
      const body = { gracePeriodSeconds: 0, preconditions: { uid } };
      await attempt(kube, { method: 'DELETE', path, body });
      return;
    }
    if (!pod.spec.nodeName) {
      await attempt(kube, { method: 'POST', path: `${path}/binding`, body: binding(pod, node) });
      return;
    }
    const images = pod.spec.containers.map(({ image }) => image).join();
    if (reported.get(uid) === images) return;
    reported.set(uid, images);
    if (!addresses.has(uid)) addresses.set(uid, address(addresses.size));
    const report = (kind: Parameters<typeof podStatus>[1]) =>
      attempt(kube, {
        method: 'PATCH',
        path: `${path}/status`,
        body: { status: podStatus(pod, kind, addresses.get(uid)!, new Date().toISOString()) },
      });
    const fate = fateOf(pod);
    if (fate.afterSeconds > 0) {
      await report('starting');
      await sleep(fate.afterSeconds * 1_000, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted || reported.get(uid) !== images) return;
    }
    if (!(await report(fate.kind))) reported.delete(uid);
  };
}

/** A DaemonSet's Pod names its node in an affinity to `metadata.name`; any other goes to the first node. */
function binding(pod: Pod, node: string): Record<string, unknown> {
  const wanted = /"key":"metadata.name","operator":"In","values":\["([^"]+)"\]/.exec(
    JSON.stringify(pod.spec),
  )?.[1];
  return {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: pod.metadata.name, uid: pod.metadata.uid },
    target: { apiVersion: 'v1', kind: 'Node', name: wanted ?? node },
  };
}

const address = (index: number) => `10.244.${Math.floor(index / 250) % 256}.${(index % 250) + 2}`;

async function bindClaim(kube: KubeRequester, claim: Claim): Promise<void> {
  if (claim.status?.phase === 'Bound') return;
  const path = `/api/v1/namespaces/${claim.metadata.namespace}/persistentvolumeclaims/${claim.metadata.name}/status`;
  await attempt(kube, { method: 'PATCH', path, body: { status: { phase: 'Bound' } } });
}

/** Gives false when the server could not be asked: the next list, once it is back, has to bring the object up again. */
async function attempt(kube: KubeRequester, request: KubeRequest): Promise<boolean> {
  return kube.send(request).then(
    ({ status }) => status < 500,
    () => false,
  );
}
