import type { KubeClient } from '@flotilla/agent/kube/client';
import { computeStatus } from '@flotilla/common/kstatus/compute-status';
import { conditionOf, textAt } from '@flotilla/common/kstatus/fields';
import type { KubeObject, TypeRef } from '@flotilla/common/kube/object';
import { formatAge } from '../output/age.js';
import { action, failed, success, warning } from '../output/progress.js';
import type { Runtime } from '../runtime.js';
import { fluxKinds } from './kinds.js';

export interface CheckOptions {
  readonly namespace: string;
  /** Only what an installation needs. */
  readonly prerequisitesOnly: boolean;
}

const leaseName = 'flotilla-agent-leader-election';
const oldest = { major: 1, minor: 20 };
/** Controllers of Flux that would reconcile the same objects. */
const rivals = new Set(['source-controller', 'kustomize-controller']);

/** `unsure`: nothing is wrong that can be seen, but not everything can. */
type Finding = 'fine' | 'unsure' | 'wrong';

/** Says what of a cluster is in order; true when nothing is wrong. */
export async function checkCluster(
  runtime: Runtime,
  client: KubeClient,
  { namespace, prerequisitesOnly }: CheckOptions,
): Promise<boolean> {
  action(runtime, 'checking prerequisites');
  const results: Finding[] = [await checkVersion(runtime, client)];
  if (prerequisitesOnly) return conclude(runtime, results, 'prerequisites checks passed');
  action(runtime, 'checking controllers');
  results.push(await checkControllers(runtime, client, namespace));
  action(runtime, 'checking crds');
  for (const kind of fluxKinds) results.push(await checkKind(runtime, client, kind));
  return conclude(runtime, results, 'all checks passed');
}

function conclude(runtime: Runtime, results: readonly Finding[], text: string): boolean {
  if (results.includes('wrong')) return false;
  if (results.includes('unsure')) warning(runtime, `${text}, but not everything could be seen`);
  else success(runtime, text);
  return true;
}

async function checkVersion(runtime: Runtime, client: KubeClient): Promise<Finding> {
  const version = await client.discovery.serverVersion({ signal: runtime.signal });
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  const isNewEnough =
    Number(major) > oldest.major || (Number(major) === oldest.major && Number(minor) >= oldest.minor);
  const text = `Kubernetes ${version.replace(/^v/, '')}`;
  const wanted = `>=${oldest.major}.${oldest.minor}.0`;
  if (isNewEnough) success(runtime, `${text} ${wanted}`);
  else failed(runtime, `${text} is too old: ${wanted} is needed`);
  return isNewEnough ? 'fine' : 'wrong';
}

async function checkKind(runtime: Runtime, client: KubeClient, kind: TypeRef): Promise<Finding> {
  const [group, version] = kind.apiVersion.split('/');
  try {
    const { resource } = await client.discovery.resource(kind, { signal: runtime.signal });
    success(runtime, `${resource}.${group}/${version}`);
    return 'fine';
  } catch (error) {
    if ((error as Error).name !== 'NoKindMatchError') throw error;
    failed(
      runtime,
      `${kind.kind} in ${kind.apiVersion} is not served: flotilla-agent crds | kubectl apply -f -`,
    );
    return 'wrong';
  }
}

async function checkControllers(runtime: Runtime, client: KubeClient, namespace: string): Promise<Finding> {
  const deployments = await client.list(
    { apiVersion: 'apps/v1', kind: 'Deployment' },
    { namespace, labelSelector: 'app.kubernetes.io/part-of in (flux,flotilla)', signal: runtime.signal },
  );
  const results = deployments.items
    .filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] !== 'flotilla-hub')
    .map((deployment) => checkDeployment(runtime, deployment));
  const lease = await leaseHolder(runtime, client, namespace);
  if (lease) success(runtime, `flotilla-agent: ${lease}`);
  const others = deployments.items.filter(({ metadata }) => rivals.has(metadata.name));
  if (lease && others.length > 0) {
    const names = others.map(({ metadata }) => metadata.name).join(', ');
    warning(
      runtime,
      `${names} and flotilla-agent reconcile the same objects: scale Flux to zero, or remove it`,
    );
  }
  if (results.length > 0) return results.includes('wrong') ? 'wrong' : 'fine';
  return lease ? 'fine' : checkTraces(runtime, client, namespace);
}

/** An agent that runs elsewhere without a lease is seen only by what it has done. */
async function checkTraces(runtime: Runtime, client: KubeClient, namespace: string): Promise<Finding> {
  let handled = 0;
  for (const kind of fluxKinds)
    handled += (await servedObjects(client, kind, namespace, runtime.signal)).filter(isHandled).length;
  if (handled > 0) {
    const what = `${handled} ${handled === 1 ? 'object has' : 'objects have'} been reconciled`;
    warning(
      runtime,
      `no controller in namespace ${namespace}: ${what} by one that runs elsewhere; whether it still runs cannot be seen`,
    );
    return 'unsure';
  }
  failed(
    runtime,
    `no controller in namespace ${namespace}: install the chart flotilla-agent, run flotilla-agent --kubeconfig, or choose another namespace with -n`,
  );
  return 'wrong';
}

async function servedObjects(
  client: KubeClient,
  kind: TypeRef,
  namespace: string,
  signal: AbortSignal,
): Promise<KubeObject[]> {
  try {
    return (await client.list(kind, { namespace, signal })).items;
  } catch (error) {
    if ((error as Error).name === 'NoKindMatchError') return [];
    throw error;
  }
}

function isHandled(object: KubeObject): boolean {
  return conditionOf(object, 'Ready') !== undefined;
}

function checkDeployment(runtime: Runtime, deployment: KubeObject): Finding {
  const { status, message } = computeStatus(deployment, runtime.now());
  const { name } = deployment.metadata;
  if (status === 'Current') success(runtime, `${name}: deployment ready`);
  else failed(runtime, `${name}: deployment not ready: ${message}`);
  return status === 'Current' ? 'fine' : 'wrong';
}

/** Who holds the agent's lease, when it is renewed; an agent outside of the cluster has no Deployment. */
async function leaseHolder(
  runtime: Runtime,
  client: KubeClient,
  namespace: string,
): Promise<string | undefined> {
  const lease = await client.get(
    { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name: leaseName },
    { signal: runtime.signal },
  );
  const holder = textAt(lease, 'spec', 'holderIdentity');
  const renewed = textAt(lease, 'spec', 'renewTime');
  if (!holder || !renewed) return undefined;
  const ageMs = runtime.now().getTime() - Date.parse(renewed);
  return ageMs < staleLeaseMs ? `${holder} leads, lease renewed ${formatAge(ageMs)} ago` : undefined;
}

/** Longer than any sensible lease. */
const staleLeaseMs = 120_000;
