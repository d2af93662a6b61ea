// Keys and encrypted documents for the decryption tests.
import { armor, Encrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { newDataKey, type EncryptOptions } from '@flotilla/common/sops/sops-encryptor.fixture';
import type { KustomizationRig } from './kustomization-rig.js';

export const decryption = { provider: 'sops', secretRef: { name: 'keys' } };

const encryptedFields = ['data', 'stringData', 'spec'];

/** What people put into `.sops.yaml` for Kubernetes objects. */
export const objectRule = {
  rule: { encrypted_regex: '^(data|stringData|spec)$' },
  isEncrypted: (path: readonly string[]): boolean => encryptedFields.includes(path[0] ?? ''),
};

export interface AgePair {
  identity: string;
  recipient: string;
}

export async function newAgePair(): Promise<AgePair> {
  const identity = await generateIdentity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** A new data key that the owner of the recipient can decrypt. */
export async function keysFor({ recipient }: AgePair): Promise<EncryptOptions> {
  const dataKey = newDataKey();
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const enc = armor.encode(await encrypter.encrypt(dataKey));
  return { dataKey, keys: { age: [{ recipient, enc }] } };
}

/** Applies the decryption Secret. */
export async function putKeys(
  rig: KustomizationRig,
  namespace: string,
  stringData: Readonly<Record<string, string>>,
  { name = 'keys', labels = {} }: { name?: string; labels?: Record<string, string> } = {},
): Promise<void> {
  const data = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  await rig.client.apply(
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace, name, labels },
      data: Object.fromEntries(data) as Record<string, string>,
    },
    { fieldManager: 'test', force: true },
  );
}

/** The decoded data of a Secret in the cluster. */
export async function dataOf(
  rig: KustomizationRig,
  namespace: string,
  name: string,
): Promise<Record<string, string> | undefined> {
  const secret = await rig.get('v1', 'Secret', namespace, name);
  const data = secret?.['data'] as Record<string, string> | undefined;
  if (!data) return undefined;
  const decoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]);
  return Object.fromEntries(decoded) as Record<string, string>;
}
