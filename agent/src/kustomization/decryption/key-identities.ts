import type { NamespacedName } from '@flotilla/common/kube/object';
import type { Run } from '../run.js';
import { messageOf } from '../step-failure.js';
import { logInToVault, parseVaultInstances, type VaultInstance } from './keys/vault-login.js';
import type { KeyIdentities } from './load-key-services.js';

/** As whom this Kustomization decrypts: a ServiceAccount of its namespace, or undefined for the agent itself. */
export function decryptionAccount({ object, deps }: Run): NamespacedName | undefined {
  const { namespace = '' } = object.metadata;
  const name = object.spec.decryption?.serviceAccountName || deps.options.defaultDecryptionServiceAccount;
  return name ? { namespace, name } : undefined;
}

/** Workload identity for keys that the Secret does not open (flux-compat 3.4). */
export function keyIdentities(run: Run): KeyIdentities {
  const { identities, options } = run.deps;
  if (!identities) return {};
  const account = decryptionAccount(run);
  return {
    aws: (place, signal) => identities.aws(account, place, signal, 'decrypt_with_aws'),
    gcp: (signal) => identities.gcp(account, signal, 'decrypt_with_gcp'),
    azure: (scope, signal) => identities.azure(account, scope, signal, 'decrypt_with_azure'),
    ...(options.sopsVaultConfigMap
      ? {
          vault: async (address: string, signal: AbortSignal) =>
            logInToVault(identities, await vaultInstances(run), account, address, signal),
        }
      : {}),
  };
}

async function vaultInstances({ deps, signal }: Run): Promise<VaultInstance[]> {
  const { sopsVaultConfigMap: name, runtimeNamespace: namespace } = deps.options;
  const what = `ConfigMap '${namespace}/${name}' of --sops-vault-configmap`;
  const found = await deps.client.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name }, { signal });
  const text = (found?.['data'] as Record<string, string> | undefined)?.['config.yaml'];
  if (text === undefined) throw new Error(`${what} ${found ? 'has no key config.yaml' : 'does not exist'}`);
  try {
    return parseVaultInstances(text);
  } catch (error) {
    throw new Error(`${what}: ${messageOf(error)}`, { cause: error });
  }
}
