import { describe, expect, it } from 'vitest';
import { nameOfKey } from './master-key.js';
import { parseMetadata } from './metadata.js';

const age = [{ recipient: 'age1x', enc: 'x' }];

describe('parseMetadata', () => {
  it('reads master keys of every kind in one group', () => {
    const { keyGroups } = parseMetadata({
      kms: [{ arn: 'arn:aws:kms:x', role: 'arn:role', context: { app: 'a' }, enc: '1', aws_profile: '' }],
      gcp_kms: [{ resource_id: 'projects/p', enc: '2' }],
      azure_kv: [{ vault_url: 'https://v.vault.azure.net', name: 'k', version: '1', enc: '3' }],
      hc_vault: [{ vault_address: 'https://vault', engine_path: 'sops', key_name: 'k', enc: '4' }],
      pgp: [{ fp: 'ABCD', enc: '5', created_at: '2024-01-01T00:00:00Z' }],
      age,
    });
    expect(keyGroups).toHaveLength(1);
    expect(keyGroups[0]?.map(nameOfKey)).toEqual([
      'arn:aws:kms:x',
      'projects/p',
      'https://v.vault.azure.net/keys/k/1',
      'https://vault/v1/sops/keys/k',
      'ABCD',
      'age1x',
    ]);
    expect(keyGroups[0]?.[0]).toMatchObject({ role: 'arn:role', context: { app: 'a' }, encrypted: '1' });
  });

  it('reads key groups with their threshold, also where it is a text', () => {
    const metadata = { kms: null, pgp: [], key_groups: [{ age }, { age, pgp: null }], shamir_threshold: '2' };
    const { keyGroups, shamirThreshold } = parseMetadata(metadata);
    expect(keyGroups.map((group) => group.length)).toEqual([1, 1]);
    expect(shamirThreshold).toBe(2);
  });

  it.each<[metadata: Record<string, string>, rule: unknown]>([
    [{}, { kind: 'unencrypted-suffix', text: '_unencrypted' }],
    [{ unencrypted_suffix: '_open' }, { kind: 'unencrypted-suffix', text: '_open' }],
    [{ encrypted_suffix: '_secret' }, { kind: 'encrypted-suffix', text: '_secret' }],
    [
      { encrypted_regex: '^data$', unencrypted_suffix: '' },
      { kind: 'encrypted-regex', text: '^data$' },
    ],
    [{ unencrypted_comment_regex: 'open' }, { kind: 'unencrypted-comment-regex', text: 'open' }],
  ])('reads the rule of %j', (fields, rule) => {
    expect(parseMetadata({ age, ...fields }).rule).toEqual(rule);
  });

  it.each<[what: string, metadata: unknown, message: string]>([
    ['no metadata', undefined, 'sops metadata not found'],
    ['no keys', { age: [], kms: null }, 'No keys found in file'],
    [
      'two rules',
      { age, encrypted_regex: 'a', encrypted_suffix: 'b' },
      'found encrypted_suffix and encrypted_regex',
    ],
    ['a field of a wrong type', { age: [{ recipient: 1 }] }, 'invalid sops metadata: sops.age.0.recipient'],
    ['something else', 'ENC[', 'invalid sops metadata'],
  ])('refuses %s', (_what, metadata, message) => {
    expect(() => parseMetadata(metadata)).toThrow(message);
  });
});
