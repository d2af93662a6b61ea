import { z } from 'zod';
import type { EncryptionRule } from './encryption-rule.js';
import type { MasterKey } from './master-key.js';
import { SopsError } from './sops-error.js';

/** What the `sops` section of a document says about its decryption. The MAC is not looked at (flux-compat 3.4). */
export interface SopsMetadata {
  readonly keyGroups: readonly (readonly MasterKey[])[];
  /** Key groups that are needed; 0 means all. */
  readonly shamirThreshold: number;
  readonly rule: EncryptionRule;
}

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);

const groupFields = {
  age: listOf(z.object({ recipient: text, enc: text })),
  pgp: listOf(z.object({ fp: text, enc: text })),
  kms: listOf(
    z.object({
      arn: text,
      role: text,
      context: z.record(z.string(), z.string()).nullish(),
      enc: text,
    }),
  ),
  gcp_kms: listOf(z.object({ resource_id: text, enc: text })),
  azure_kv: listOf(z.object({ vault_url: text, name: text, version: text, enc: text })),
  hc_vault: listOf(z.object({ vault_address: text, engine_path: text, key_name: text, enc: text })),
};
const Group = z.object(groupFields);

const Metadata = z.object({
  ...groupFields,
  key_groups: listOf(Group),
  shamir_threshold: z.coerce.number().int().min(0).max(255).nullish(),
  unencrypted_suffix: text,
  encrypted_suffix: text,
  unencrypted_regex: text,
  encrypted_regex: text,
  unencrypted_comment_regex: text,
  encrypted_comment_regex: text,
});

/** Reads the metadata of a document. @throws SopsError that names the field */
export function parseMetadata(value: unknown): SopsMetadata {
  if (value === undefined || value === null) throw new SopsError('sops metadata not found');
  const parsed = Metadata.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new SopsError(`invalid sops metadata: sops.${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { data } = parsed;
  const own = keysOf(data);
  const keyGroups = own.length > 0 ? [own] : data.key_groups.map(keysOf);
  if (keyGroups.length === 0) throw new SopsError('No keys found in file');
  return { keyGroups, shamirThreshold: data.shamir_threshold ?? 0, rule: ruleOf(data) };
}

function keysOf(group: z.infer<typeof Group>): MasterKey[] {
  return [
    ...group.kms.map(({ arn, role, context, enc }): MasterKey => ({
      type: 'kms',
      arn,
      ...(role ? { role } : {}),
      context: context ?? {},
      encrypted: enc,
    })),
    ...group.gcp_kms.map(({ resource_id, enc }): MasterKey => ({
      type: 'gcp_kms',
      resourceId: resource_id,
      encrypted: enc,
    })),
    ...group.azure_kv.map(({ vault_url, name, version, enc }): MasterKey => ({
      type: 'azure_kv',
      vaultUrl: vault_url,
      name,
      version,
      encrypted: enc,
    })),
    ...group.hc_vault.map(({ vault_address, engine_path, key_name, enc }): MasterKey => ({
      type: 'hc_vault',
      address: vault_address,
      enginePath: engine_path,
      keyName: key_name,
      encrypted: enc,
    })),
    ...group.pgp.map(({ fp, enc }): MasterKey => ({ type: 'pgp', fingerprint: fp, encrypted: enc })),
    ...group.age.map(({ recipient, enc }): MasterKey => ({ type: 'age', recipient, encrypted: enc })),
  ];
}

function ruleOf(data: z.infer<typeof Metadata>): EncryptionRule {
  const given = [
    { kind: 'unencrypted-suffix', text: data.unencrypted_suffix },
    { kind: 'encrypted-suffix', text: data.encrypted_suffix },
    { kind: 'unencrypted-regex', text: data.unencrypted_regex },
    { kind: 'encrypted-regex', text: data.encrypted_regex },
    { kind: 'unencrypted-comment-regex', text: data.unencrypted_comment_regex },
    { kind: 'encrypted-comment-regex', text: data.encrypted_comment_regex },
  ].filter((rule): rule is EncryptionRule => rule.text !== '');
  if (given.length > 1) {
    const names = given.map(({ kind }) => kind.replaceAll('-', '_')).join(' and ');
    throw new SopsError(`Cannot use more than one rule in the same file, found ${names}`);
  }
  return given[0] ?? { kind: 'unencrypted-suffix', text: '_unencrypted' };
}
