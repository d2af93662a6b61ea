import { formatName, type NamespacedName } from '@flotilla/common/kube/object';
import type { CloudIdentities, Who } from '../../cloud/cloud-identities.js';
import type { Credential, Credentials } from '../../kube/credentials.js';
import type { Clock } from '../../runtime/clock.js';
import {
  clusterToken,
  findEndpoint,
  isClusterId,
  type CloudCluster,
  type CloudEndpoint,
  type CloudProvider,
} from './cloud-clusters.js';
import { digestOf, type ClusterConfig } from './cluster-config.js';

export interface CloudClusterDeps {
  identities: CloudIdentities;
  clock: Clock;
}

/** What a ConfigMap says of a cluster of a cloud. */
export interface CloudClusterSpec {
  provider: CloudProvider;
  cluster: string;
  /** One of several addresses, or with a ServiceAccount another one. */
  address?: string;
  ca?: string;
  who: Who;
  /** How the ConfigMap is called in messages. */
  where: string;
}

/** Tokens of clouds last longer; one that is refused is asked for again. */
const tokenLifetimeMs = 10 * 60_000;
const endpointLifetimeMs = 60 * 60_000;
const limitMs = 30_000;

/** What clouds have said of clusters, so that not every reconcile asks. By the identities that asked. */
const known = new WeakMap<CloudIdentities, Map<string, { found: CloudEndpoint[]; at: number }>>();

/** The cluster that a cloud knows by its id, with tokens of the cloud (flux-compat 3.10). @throws Error */
export async function clusterOfCloud(
  deps: CloudClusterDeps,
  spec: CloudClusterSpec,
  signal: AbortSignal,
): Promise<ClusterConfig> {
  const { provider, where, who } = spec;
  const cluster = { provider, id: spec.cluster };
  if (!isClusterId(cluster))
    throw new Error(`${where}: data.cluster '${spec.cluster}' is no cluster of ${provider}`);
  const { server, ca } = await endpointOf(deps, cluster, spec, signal);
  return {
    id: digestOf(server, ca),
    key: digestOf(server, ca, provider, cluster.id, nameOf(who)),
    open: () => ({
      server,
      tls: ca ? { ca } : {},
      credentials: cloudCredentials(deps, cluster, who),
      headers: {},
    }),
  };
}

/**
 * The agent's own tokens go to addresses that the cloud names for the cluster, and to no other: whoever writes a
 * ConfigMap could have them sent to himself.
 */
async function endpointOf(
  deps: CloudClusterDeps,
  cluster: CloudCluster,
  { address, ca, who, where }: CloudClusterSpec,
  signal: AbortSignal,
): Promise<CloudEndpoint> {
  if (address && who && ca) return { server: plain(address), ca };
  const found = await lookUp(deps, cluster, who, signal);
  const wanted = address ? found.find(({ server }) => server === plain(address)) : found[0];
  if (wanted) return ca ? { ...wanted, ca } : wanted;
  if (address && who) return { server: plain(address), ...(found[0]?.ca ? { ca: found[0].ca } : {}) };
  const names = found.map(({ server }) => server).join(', ');
  throw new Error(
    `${where}: data.address '${address}' is none of the cluster (${names}); another one needs data.serviceAccountName`,
  );
}

async function lookUp(
  { identities, clock }: CloudClusterDeps,
  cluster: CloudCluster,
  who: Who,
  signal: AbortSignal,
): Promise<CloudEndpoint[]> {
  const answers = known.get(identities) ?? new Map<string, { found: CloudEndpoint[]; at: number }>();
  known.set(identities, answers);
  const key = JSON.stringify([cluster.id, nameOf(who)]);
  const kept = answers.get(key);
  if (kept && clock.now() - kept.at < endpointLifetimeMs) return kept.found;
  const found = await findEndpoint(identities, cluster, who, signal);
  answers.set(key, { found, at: clock.now() });
  return found;
}

function cloudCredentials(
  { identities, clock }: CloudClusterDeps,
  cluster: CloudCluster,
  who: Who,
): Credentials {
  let current: { token: Promise<string>; at: number } | undefined;
  return {
    async read(): Promise<Credential> {
      if (!current || clock.now() - current.at >= tokenLifetimeMs) {
        const token = clusterToken(identities, cluster, who, AbortSignal.timeout(limitMs));
        current = { token, at: clock.now() };
      }
      const used = current;
      try {
        return { headers: { authorization: `Bearer ${await used.token}` } };
      } catch (error) {
        if (current === used) current = undefined;
        throw error;
      }
    },
    invalidate() {
      void current?.token.then((token) => identities.forget(token)).catch(() => undefined);
      current = undefined;
    },
  };
}

function nameOf(who: NamespacedName | undefined): string {
  return who ? formatName(who) : '';
}

function plain(address: string): string {
  return address.replace(/\/+$/, '');
}
