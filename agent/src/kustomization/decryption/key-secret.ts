import type { KubeObject, NamespacedName } from '@flotilla/common/kube/object';
import { nameOf, type Run } from '../run.js';
import { messageOf } from '../step-failure.js';
import { DecryptionError } from './decryption-error.js';

/** Where the keys of a Kustomization are. */
export interface KeySecretRef extends NamespacedName {
  /** The Secret of --sops-age-secret is for everybody: it gives age identities and nothing else. */
  isDefault: boolean;
}

/** The Secret that spec.decryption names, else the one of --sops-age-secret; undefined when there is neither. */
export function keySecretOf({ object, deps }: Run): KeySecretRef | undefined {
  const name = object.spec.decryption?.secretRef?.name;
  if (name) return { namespace: nameOf(object).namespace, name, isDefault: false };
  const { sopsAgeSecret, runtimeNamespace } = deps.options;
  return sopsAgeSecret ? { namespace: runtimeNamespace, name: sopsAgeSecret, isDefault: true } : undefined;
}

/** Reads it from the management cluster; with `metadataOnly` its data may be missing. @throws DecryptionError */
export async function readKeySecret(
  run: Run,
  ref: KeySecretRef,
  { metadataOnly = false } = {},
): Promise<KubeObject> {
  const { namespace, name } = ref;
  const cached = run.deps.caches.configs?.Secret?.get({ namespace, name });
  if (cached) return cached;
  const target = { apiVersion: 'v1', kind: 'Secret', namespace, name };
  const found = await run.deps.client
    .get(target, { metadataOnly, signal: run.signal })
    .catch((error: unknown) => {
      run.signal.throwIfAborted();
      throw new DecryptionError(`cannot get ${titleOf(ref)}: ${messageOf(error)}`);
    });
  if (!found) throw new DecryptionError(`secrets "${name}" not found`);
  return found;
}

/** How the Secret is called in messages. */
export function titleOf({ namespace, name, isDefault }: KeySecretRef): string {
  return `sops ${isDefault ? 'SOPS age ' : ''}decryption Secret '${namespace}/${name}'`;
}

/** Tells the versions of the keys apart; says nothing about them. */
export function keyIdentity(ref: KeySecretRef | undefined, secret: KubeObject | undefined): string {
  if (!ref) return 'decryption without keys';
  const { uid = '', resourceVersion = '' } = secret?.metadata ?? {};
  return `decryption ${ref.namespace}/${ref.name}@${uid}/${resourceVersion}`;
}
