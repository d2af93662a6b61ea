import type { PrivateKey } from 'openpgp';
import type { KubeObject } from '@flotilla/common/kube/object';
import type { KeyService } from '@flotilla/common/sops/key-service';
import { DecryptionError } from './decryption-error.js';
import { titleOf, type KeySecretRef } from './key-secret.js';
import { AgeKeys, parseAgeIdentities } from './keys/age-keys.js';
import { AwsKmsKeys, parseAwsCredentials } from './keys/aws-kms.js';
import type { AzureCredentials } from './keys/azure-credentials.js';
import { parseAzureCredentials } from './keys/azure-credentials.js';
import { AzureKeyVaultKeys } from './keys/azure-key-vault.js';
import { GcpKmsKeys, parseGcpCredentials, type GcpCredentials } from './keys/gcp-kms.js';
import type { SendHttp } from '../../cloud/http-json.js';
import { parsePgpKeys, PgpKeys } from './keys/pgp-keys.js';
import type { AwsCredentials } from '../../cloud/sign-aws.js';
import type { AwsPlace } from '../../cloud/aws-identity.js';
import { VaultKeys } from './keys/vault-keys.js';

/** What stands in where the Secret has no credentials: workload identity. */
export interface KeyIdentities {
  vault?: (address: string, signal: AbortSignal) => Promise<string>;
  aws?: (place: AwsPlace, signal: AbortSignal) => Promise<AwsCredentials>;
  gcp?: (signal: AbortSignal) => Promise<string>;
  azure?: (scope: string, signal: AbortSignal) => Promise<string>;
}

interface Keys {
  age: string[];
  pgp: PrivateKey[];
  vaultToken?: string;
  aws?: AwsCredentials;
  gcp?: GcpCredentials;
  azure?: AzureCredentials;
}

/**
 * The key services that the keys of a decryption Secret open (flux-compat 3.4). All kinds are there: one without
 * keys says what is missing.
 * @throws DecryptionError that names the key of the Secret
 */
export async function loadKeyServices(
  ref: KeySecretRef | undefined,
  secret: KubeObject | undefined,
  { send, now }: { send: SendHttp; now: () => number },
  identity: KeyIdentities = {},
): Promise<KeyService[]> {
  const keys: Keys = { age: [], pgp: [] };
  const data = (secret?.['data'] ?? {}) as Readonly<Record<string, string>>;
  for (const [name, value] of Object.entries(data)) {
    if (ref?.isDefault && !name.endsWith('.agekey')) continue;
    await importKey(keys, name, Buffer.from(value, 'base64').toString('utf8')).catch((error: unknown) => {
      const from = ref ? titleOf(ref) : 'the decryption Secret';
      throw new DecryptionError(`failed to import '${name}' data from ${from}: ${(error as Error).message}`);
    });
  }
  return [
    new AgeKeys(keys.age),
    new PgpKeys(keys.pgp),
    new VaultKeys(keys.vaultToken, send, identity.vault),
    new AwsKmsKeys(keys.aws, send, now, identity.aws),
    new GcpKmsKeys(keys.gcp, send, now, identity.gcp),
    new AzureKeyVaultKeys(keys.azure, send, now, identity.azure),
  ];
}

/** Other names are left alone. */
async function importKey(keys: Keys, name: string, text: string): Promise<void> {
  if (name.endsWith('.agekey')) keys.age.push(...(await parseAgeIdentities(text)));
  else if (name.endsWith('.asc')) keys.pgp.push(...(await parsePgpKeys(text)));
  else if (name === 'sops.vault-token') keys.vaultToken = text.trim();
  else if (name === 'sops.aws-kms') keys.aws = parseAwsCredentials(text);
  else if (name === 'sops.gcp-kms') keys.gcp = parseGcpCredentials(text);
  else if (name === 'sops.azure-kv') keys.azure = parseAzureCredentials(text);
}
