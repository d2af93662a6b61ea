import { z } from 'zod';
import { parseYaml } from '@flotilla/common/yaml/parse';
import type { NamespacedName } from '@flotilla/common/kube/object';
import type { CloudIdentities } from '../../../cloud/cloud-identities.js';
import { fieldsOf, textField } from '../../../cloud/http-json.js';

const Config = z.object({
  instances: z.array(z.object({ address: z.url(), loginPath: z.string().min(1) })),
});

export interface VaultInstance {
  /** Without a final slash. */
  address: string;
  loginPath: string;
}

/** Reads the key config.yaml of the ConfigMap of --sops-vault-configmap. @throws Error that names the field */
export function parseVaultInstances(text: string): VaultInstance[] {
  const parsed = Config.safeParse(parseYaml(text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(`config.yaml: ${issue?.path.join('.')} ${issue?.message}`);
  }
  return parsed.data.instances.map(({ address, loginPath }) => ({ address: plain(address), loginPath }));
}

/**
 * Logs in to a Vault that the operator of the agent knows, as a ServiceAccount: the role is `<namespace>_<name>` and the
 * token is for the address alone (flux-compat 3.4). @throws Error for any other address
 */
export async function logInToVault(
  identities: CloudIdentities,
  instances: readonly VaultInstance[],
  account: NamespacedName | undefined,
  address: string,
  signal: AbortSignal,
): Promise<string> {
  const instance = instances.find((known) => known.address === plain(address));
  if (!instance) throw new Error(`the ConfigMap of --sops-vault-configmap names no instance '${address}'`);
  if (!account) {
    throw new Error(
      'a login to Vault needs a ServiceAccount: set spec.decryption.serviceAccountName or --default-decryption-service-account',
    );
  }
  const what = 'login to Vault';
  const jwt = await identities.accountToken(account, instance.address, signal);
  const path = instance.loginPath.replace(/^\/+|\/+$/g, '').replace(/^v1\//, '');
  const answer = await identities.deps.send({
    method: 'PUT',
    url: `${instance.address}/v1/${path.split('/').map(encodeURIComponent).join('/')}`,
    headers: { 'content-type': 'application/json', 'x-vault-request': 'true' },
    body: JSON.stringify({ role: `${account.namespace}_${account.name}`, jwt }),
    signal,
  });
  const { auth } = fieldsOf(answer, what);
  const fields = typeof auth === 'object' && auth !== null ? (auth as Record<string, unknown>) : {};
  return textField(fields, 'client_token', what);
}

function plain(address: string): string {
  return address.replace(/\/+$/, '');
}
