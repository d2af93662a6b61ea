import { formatName, type KubeObject, type NamespacedName } from '@flotilla/common/kube/object';
import type { KubeReader } from '../../kube/client.js';
import type { KustomizationCaches } from '../deps.js';
import { messageOf } from '../step-failure.js';

export interface ReadConfigDeps {
  client: KubeReader;
  caches: Pick<KustomizationCaches, 'configs'>;
}

/** What says how to reach a cluster is not there; nobody can act on that cluster any more. */
export class ClusterConfigMissingError extends Error {
  override readonly name = 'ClusterConfigMissingError';
}

export interface ConfigData {
  /** With the values of Secrets decoded. */
  data: Readonly<Record<string, string>>;
}

/** Reads a Secret or ConfigMap of the management cluster. @throws ClusterConfigMissingError */
export async function readConfig(
  { client, caches }: ReadConfigDeps,
  kind: 'Secret' | 'ConfigMap',
  name: NamespacedName,
  signal: AbortSignal,
): Promise<ConfigData> {
  const what = `unable to read KubeConfig ${kind === 'Secret' ? 'secret' : 'configmap'} '${formatName(name)}' error`;
  let found: KubeObject | undefined = caches.configs?.[kind]?.get(name);
  try {
    found ??= await client.get({ apiVersion: 'v1', kind, ...name }, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`${what}: ${messageOf(error)}`, { cause: error });
  }
  if (found) return { data: dataOf(found) };
  const resource = kind === 'Secret' ? 'secrets' : 'configmaps';
  throw new ClusterConfigMissingError(`${what}: ${resource} "${name.name}" not found`);
}

function dataOf(object: KubeObject): Record<string, string> {
  const entries = Object.entries((object['data'] ?? {}) as Record<string, string>);
  if (object.kind !== 'Secret') return Object.fromEntries(entries);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}
