import { formatName, type NamespacedName } from '@flotilla/common/kube/object';
import { z } from 'zod';
import type { CloudIdentities } from '../../cloud/cloud-identities.js';
import type { TokenIssuer } from '../../kube/client.js';
import type { Clock } from '../../runtime/clock.js';
import { configurationFailure } from '../step-failure.js';
import { cloudProviders, type CloudProvider } from './cloud-clusters.js';
import { digestOf, type ClusterConfig } from './cluster-config.js';
import { clusterOfCloud } from './cluster-of-cloud.js';
import { readConfig, type ReadConfigDeps } from './read-config.js';
import { tokenCredentials } from './token-credentials.js';

export interface ConfigMapClusterDeps extends ReadConfigDeps {
  client: ReadConfigDeps['client'] & TokenIssuer;
  clock: Clock;
  /** --default-kubeconfig-service-account. */
  defaultServiceAccount: string;
  /** Workload identity; without it there is none. */
  identities?: CloudIdentities;
  /** Gate ObjectLevelWorkloadIdentity: a ConfigMap may name the ServiceAccount that a cloud sees. */
  isObjectLevel: boolean;
}

const address = z.url({ protocol: /^https$/, error: 'has to be an https URL' });
const cloudSchema = z.object({
  cluster: z.string({ error: 'is required' }).min(1, 'is required'),
  address: address.optional(),
  'ca.crt': z.string().optional(),
  serviceAccountName: z.string().optional(),
});

const genericSchema = z.object({
  address,
  'ca.crt': z.string().optional(),
  audiences: z.string().optional(),
  serviceAccountName: z.string().optional(),
});

/**
 * The cluster that a ConfigMap describes (flux-compat 3.10). The generic provider proves who acts by a short-lived token
 * of a ServiceAccount in the namespace of the ConfigMap, which the other cluster has to trust; the others by a token of
 * their cloud.
 * @throws StepFailure for a provider that is not there, Error for a ConfigMap that lacks something
 */
export async function clusterOfConfigMap(
  deps: ConfigMapClusterDeps,
  name: NamespacedName,
  signal: AbortSignal,
): Promise<ClusterConfig> {
  const { data } = await readConfig(deps, 'ConfigMap', name, signal);
  const where = `KubeConfig configmap '${formatName(name)}'`;
  const provider = providerOf(data['provider'], where);
  return provider === 'generic'
    ? genericCluster(deps, data, name, where)
    : await cloudCluster(deps, provider, data, name, where, signal);
}

function genericCluster(
  deps: ConfigMapClusterDeps,
  data: Readonly<Record<string, string>>,
  name: NamespacedName,
  where: string,
): ClusterConfig {
  const {
    address: given,
    'ca.crt': ca,
    audiences,
    serviceAccountName,
  } = readData(genericSchema, data, where);
  const account = serviceAccountName || deps.defaultServiceAccount;
  if (!account) {
    throw new Error(
      `${where}: data.serviceAccountName is required, since no --default-kubeconfig-service-account is set`,
    );
  }
  const server = given.replace(/\/+$/, '');
  const spec = {
    account: { namespace: name.namespace, name: account },
    audiences: audiences ? readAudiences(audiences, where) : [server],
  };
  return {
    id: digestOf(server, ca),
    key: digestOf(server, ca, spec.account.namespace, account, ...spec.audiences),
    open: () => ({ server, tls: ca ? { ca } : {}, credentials: tokenCredentials(deps, spec), headers: {} }),
  };
}

async function cloudCluster(
  { identities, clock, isObjectLevel, defaultServiceAccount }: ConfigMapClusterDeps,
  provider: CloudProvider,
  data: Readonly<Record<string, string>>,
  { namespace }: NamespacedName,
  where: string,
  signal: AbortSignal,
): Promise<ClusterConfig> {
  const { cluster, address: given, 'ca.crt': ca, serviceAccountName } = readData(cloudSchema, data, where);
  if (serviceAccountName && !isObjectLevel) {
    const what = `${where}: to use data.serviceAccountName for provider authentication`;
    const message = `${what} please enable the ObjectLevelWorkloadIdentity feature gate in the controller`;
    throw configurationFailure('FeatureGateDisabled', message);
  }
  if (!identities) throw new Error(`${where}: provider '${provider}' needs workload identity`);
  const account = serviceAccountName || defaultServiceAccount;
  const spec = {
    provider,
    cluster,
    where,
    who: account ? { namespace, name: account } : undefined,
    ...(given ? { address: given } : {}),
    ...(ca ? { ca } : {}),
  };
  return await clusterOfCloud({ identities, clock }, spec, signal);
}

function readData<T>(schema: z.ZodType<T>, data: Readonly<Record<string, string>>, where: string): T {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(`${where}: data.${issue?.path.join('.')} ${issue?.message}`);
}

function providerOf(provider: string | undefined, where: string): CloudProvider | 'generic' {
  if (provider === undefined) throw new Error(`${where}: data.provider is required`);
  const found = [...cloudProviders, 'generic' as const].find((name) => name === provider);
  if (found) return found;
  const message = `${where}: provider '${provider}' is none of aws, azure, gcp and generic`;
  throw configurationFailure('InvalidProviderConfiguration', message);
}

/** A YAML or JSON list, or one audience a line. */
function readAudiences(text: string, where: string): string[] {
  const items = text
    .trim()
    .replace(/^\[|\]$/g, '')
    .split(/[\n,]/)
    .map((item) =>
      item
        .trim()
        .replace(/^- */, '')
        .replace(/^(["'])(.*)\1$/, '$2'),
    );
  const audiences = items.filter((item) => item !== '');
  if (audiences.length === 0) throw new Error(`${where}: data.audiences names no audience`);
  return audiences;
}
