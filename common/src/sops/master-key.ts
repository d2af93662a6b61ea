/**
 * A key of a key service that the data key, or a part of it, was encrypted with. `encrypted` is that data key, in
 * the form that the service gives.
 */
export type MasterKey =
  | { readonly type: 'age'; readonly recipient: string; readonly encrypted: string }
  | { readonly type: 'pgp'; readonly fingerprint: string; readonly encrypted: string }
  | {
      readonly type: 'kms';
      readonly arn: string;
      /** Role to assume first. */
      readonly role?: string;
      readonly context: Readonly<Record<string, string>>;
      readonly encrypted: string;
    }
  | { readonly type: 'gcp_kms'; readonly resourceId: string; readonly encrypted: string }
  | {
      readonly type: 'azure_kv';
      readonly vaultUrl: string;
      readonly name: string;
      readonly version: string;
      readonly encrypted: string;
    }
  | {
      readonly type: 'hc_vault';
      readonly address: string;
      readonly enginePath: string;
      readonly keyName: string;
      readonly encrypted: string;
    };

export type MasterKeyOf<T extends MasterKey['type']> = Extract<MasterKey, { type: T }>;

/** How a key is called in messages; the form that SOPS itself shows. */
export function nameOfKey(key: MasterKey): string {
  switch (key.type) {
    case 'age':
      return key.recipient;
    case 'pgp':
      return key.fingerprint;
    case 'kms':
      return key.arn;
    case 'gcp_kms':
      return key.resourceId;
    case 'azure_kv':
      return `${key.vaultUrl}/keys/${key.name}/${key.version}`;
    case 'hc_vault':
      return `${key.address}/v1/${key.enginePath}/keys/${key.keyName}`;
  }
}
