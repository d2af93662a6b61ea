import type { KubeClient } from '@flotilla/agent/kube/client';
import { computeStatus } from '@flotilla/common/kstatus/compute-status';
import { textAt } from '@flotilla/common/kstatus/fields';
import type { KubeObject } from '@flotilla/common/kube/object';
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

/** Says what of a cluster is in order; true when all of it is. */
export async function checkCluster(
  runtime: Runtime,
  client: KubeClient,
  { namespace, prerequisitesOnly }: CheckOptions,
): Promise<boolean> {
  action(runtime, 'checking prerequisites');
  const results = [await checkVersion(runtime, client)];
  if (prerequisitesOnly) return conclude(runtime, results, 'prerequisites checks passed');
  action(runtime, 'checking controllers');
  results.push(await checkControllers(runtime, client, namespace));
  action(runtime, 'checking crds');
  for (const kind of fluxKinds) results.push(await checkKind(runtime, client, kind));
  return conclude(runtime, results, 'all checks passed');
}

function conclude(runtime: Runtime, results: readonly boolean[], text: string): boolean {
  const isFine = results.every(Boolean);
  if (isFine) success(runtime, text);
  return isFine;
}

async function checkVersion(runtime: Runtime, client: KubeClient): Promise<boolean> {
  const version = await client.discovery.serverVersion({ signal: runtime.signal });
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  const isNewEnough =
    Number(major) > oldest.major || (Number(major) === oldest.major && Number(minor) >= oldest.minor);
  const text = `Kubernetes ${version.replace(/^v/, '')}`;
  const wanted = `>=${oldest.major}.${oldest.minor}.0`;
  if (isNewEnough) success(runtime, `${text} ${wanted}`);
  else failed(runtime, `${text} is too old: ${wanted} is needed`);
  return isNewEnough;
}

async function checkKind(
  runtime: Runtime,
  client: KubeClient,
  kind: { readonly apiVersion: string; readonly kind: string },
): Promise<boolean> {
  const [group, version] = kind.apiVersion.split('/');
  try {
    const { resource } = await client.discovery.resource(kind, { signal: runtime.signal });
    success(runtime, `${resource}.${group}/${version}`);
    return true;
  } catch (error) {
    if ((error as Error).name !== 'NoKindMatchError') throw error;
    failed(
      runtime,
      `${kind.kind} in ${kind.apiVersion} is not served: flotilla-agent crds | kubectl apply -f -`,
    );
    return false;
  }
}

async function checkControllers(runtime: Runtime, client: KubeClient, namespace: string): Promise<boolean> {
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
  if (results.length > 0) return results.every(Boolean);
  if (lease) return true;
  failed(
    runtime,
    `no controller in namespace ${namespace}: install the chart flotilla-agent, run flotilla-agent --kubeconfig, or choose another namespace with -n`,
  );
  return false;
}

function checkDeployment(runtime: Runtime, deployment: KubeObject): boolean {
  const { status, message } = computeStatus(deployment, runtime.now());
  const { name } = deployment.metadata;
  if (status === 'Current') success(runtime, `${name}: deployment ready`);
  else failed(runtime, `${name}: deployment not ready: ${message}`);
  return status === 'Current';
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
