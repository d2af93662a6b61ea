import { formatName, type NamespacedName } from '@flotilla/common/kube/object';
import { z } from 'zod';
import type { TokenIssuer } from '../../kube/client.js';
import type { Clock } from '../../runtime/clock.js';
import { configurationFailure } from '../step-failure.js';
import { digestOf, type ClusterConfig } from './cluster-config.js';
import { readConfig, type ReadConfigDeps } from './read-config.js';
import { tokenCredentials } from './token-credentials.js';

export interface ConfigMapClusterDeps extends ReadConfigDeps {
  client: ReadConfigDeps['client'] & TokenIssuer;
  clock: Clock;
  /** --default-kubeconfig-service-account. */
  defaultServiceAccount: string;
}

const cloudProviders = new Set(['aws', 'azure', 'gcp']);

const genericSchema = z.object({
  address: z.url({ protocol: /^https$/, error: 'has to be an https URL' }),
  'ca.crt': z.string().optional(),
  audiences: z.string().optional(),
  serviceAccountName: z.string().optional(),
});

/**
 * The cluster that a ConfigMap describes (flux-compat 3.10). The generic provider proves who acts by a short-lived token
 * of a ServiceAccount in the namespace of the ConfigMap, which the other cluster has to trust.
 * @throws StepFailure for a provider that is not there, Error for a ConfigMap that lacks something
 */
export async function clusterOfConfigMap(
  deps: ConfigMapClusterDeps,
  name: NamespacedName,
  signal: AbortSignal,
): Promise<ClusterConfig> {
  const { data } = await readConfig(deps, 'ConfigMap', name, signal);
  const where = `KubeConfig configmap '${formatName(name)}'`;
  checkProvider(data['provider'], where);
  const parsed = genericSchema.safeParse(data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(`${where}: data.${issue?.path.join('.')} ${issue?.message}`);
  }
  const { address, 'ca.crt': ca, audiences, serviceAccountName } = parsed.data;
  const account = serviceAccountName || deps.defaultServiceAccount;
  if (!account) {
    throw new Error(
      `${where}: data.serviceAccountName is required, since no --default-kubeconfig-service-account is set`,
    );
  }
  const server = address.replace(/\/+$/, '');
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

function checkProvider(provider: string | undefined, where: string): void {
  if (provider === 'generic') return;
  if (provider === undefined) throw new Error(`${where}: data.provider is required`);
  const why = cloudProviders.has(provider)
    ? `provider '${provider}' is not supported yet; use provider 'generic', or a kubeconfig in a Secret`
    : `provider '${provider}' is none of aws, azure, gcp and generic`;
  throw configurationFailure('InvalidProviderConfiguration', `${where}: ${why}`);
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
