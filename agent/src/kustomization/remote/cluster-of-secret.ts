import { formatName, type NamespacedName } from '@flotilla/common/kube/object';
import { clusterFromKubeconfig, type RemoteKubeconfigOptions } from '../../kube/cluster.js';
import { digestOf, type ClusterConfig } from './cluster-config.js';
import { readConfig, type ReadConfigDeps } from './read-config.js';

export interface KubeconfigSecret extends NamespacedName {
  /** Default: `value`, then `value.yaml`. */
  key?: string | undefined;
}

/** The cluster of a kubeconfig in a Secret (flux-compat 3.10). @throws Error with Flux's texts */
export async function clusterOfSecret(
  deps: ReadConfigDeps,
  secret: KubeconfigSecret,
  options: RemoteKubeconfigOptions,
  signal: AbortSignal,
): Promise<ClusterConfig> {
  const { namespace, name } = secret;
  const { data } = await readConfig(deps, 'Secret', { namespace, name }, signal);
  const keys = secret.key ? [secret.key] : ['value', 'value.yaml'];
  const text = keys.map((key) => data[key]).find((value) => value !== undefined);
  if (text === undefined) {
    throw new Error(
      `KubeConfig secret '${formatName(secret)}' does not contain a '${keys[0]}' key with a kubeconfig`,
    );
  }
  const where = `KubeConfig secret '${formatName(secret)}'`;
  try {
    const cluster = await clusterFromKubeconfig(text, options);
    return { id: digestOf(cluster.server, cluster.tls.ca), key: digestOf(text), open: () => cluster };
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
  }
}
