import { formatName, type NamespacedName } from '@flotilla/common/kube/object';
import type { KubeReader, TokenIssuer } from '../kube/client.js';

/** A ServiceAccount that a cloud or Vault sees as somebody of its own. */
export interface CloudAccount {
  name: NamespacedName;
  annotations: Readonly<Record<string, string>>;
  /** A short-lived token of the account for this audience. */
  token(audience: string, signal: AbortSignal): Promise<string>;
}

/** A token has to last until it was exchanged; clouds refuse those that last too long. */
const lifetimeSeconds = 600;

/** Reads the account. @throws Error that names it */
export async function readCloudAccount(
  client: Pick<KubeReader, 'get'> & TokenIssuer,
  name: NamespacedName,
  signal: AbortSignal,
): Promise<CloudAccount> {
  const found = await client.get({ apiVersion: 'v1', kind: 'ServiceAccount', ...name }, { signal });
  if (!found) throw new Error(`serviceaccounts "${name.name}" not found in namespace '${name.namespace}'`);
  return {
    name,
    annotations: found.metadata.annotations ?? {},
    async token(audience, until) {
      const wanted = { audiences: [audience], expirationSeconds: lifetimeSeconds, signal: until };
      return (await client.requestToken(name, wanted)).token;
    },
  };
}

/** @throws Error that names the ServiceAccount and what it lacks */
export function annotationOf({ name, annotations }: CloudAccount, key: string): string {
  const value = annotations[key];
  if (value) return value;
  throw new Error(`ServiceAccount '${formatName(name)}' has no annotation ${key}`);
}
