import { describe, expect, it } from 'vitest';
import { KubeApiError, NoKindMatchError } from '../kube/errors.js';
import { ApplyError, DeleteError, DryRunError, isImmutableError } from './errors.js';

const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'n', name: 'x' };
const withoutNamespace = { apiVersion: 'v1', kind: 'ConfigMap', name: 'x' };
const api = (code: number, reason: string, message: string, causes: KubeApiError['causes'] = []) =>
  new KubeApiError({ code, reason, message, causes });

describe('texts of refused dry-runs (flux-compat 3.6, 4)', () => {
  const conflict = api(409, 'Conflict', 'conflict with "helm": .data.k', [
    { reason: 'FieldManagerConflict' },
  ]);
  const rows: Array<[string, typeof ref | typeof withoutNamespace, Error, string]> = [
    ['with the reason', ref, api(422, 'Invalid', 'bad'), 'ConfigMap/n/x dry-run failed (Invalid): bad'],
    ['without one', ref, api(500, '', 'boom'), 'ConfigMap/n/x dry-run failed: boom'],
    [
      'a field manager conflict',
      ref,
      conflict,
      'ConfigMap/n/x dry-run failed (FieldManagerConflict): conflict with "helm": .data.k',
    ],
    [
      'not found',
      ref,
      api(404, 'NotFound', 'namespaces "n" not found'),
      'ConfigMap/n/x not found: namespaces "n" not found',
    ],
    [
      'no namespace',
      withoutNamespace,
      api(404, 'NotFound', 'gone'),
      'ConfigMap/x namespace not specified: gone',
    ],
    [
      'a missing kind',
      ref,
      new NoKindMatchError({ apiVersion: 'a/v1', kind: 'B' }),
      'ConfigMap/n/x dry-run failed: no matches for kind "B" in version "a/v1"',
    ],
  ];
  const secret = { ...ref, kind: 'Secret' };
  const typed = (value: string): string =>
    `failed to create typed patch object: .stringData.password: expected string, got ${value}`;
  rows.push(
    [
      'a value of another type, quoted',
      ref,
      api(500, '', typed('&value.valueUnstructured{Value:1}')),
      `ConfigMap/n/x dry-run failed: ${typed('&value.valueUnstructured{Value:1}')}`,
    ],
    [
      'a value of another type in a Secret, not quoted',
      secret,
      api(500, '', typed('&value.valueUnstructured{Value:[]interface {}{"s3cret,\nline"}}')),
      `Secret/n/x dry-run failed: ${typed('a value of another type')}`,
    ],
    [
      'a Secret that cannot be decoded, without its pieces',
      secret,
      api(
        400,
        'BadRequest',
        'illegal base64 data, error found in #10 byte of ...|s3cret|..., bigger context ...|s3c',
      ),
      'Secret/n/x dry-run failed (BadRequest): illegal base64 data',
    ],
  );
  it.each(rows)('%s', (_, object, cause, message) => {
    expect(new DryRunError(object, cause).message).toBe(message);
  });
});

describe('texts of failures', () => {
  it('of an apply are followed by the changes of the complete stages', () => {
    const entries = [
      { ref: { apiVersion: 'v1', kind: 'Namespace', name: 'n' }, action: 'created' as const },
      { ref, action: 'unchanged' as const },
      { ref: { ...ref, name: 'y' }, action: 'configured' as const },
    ];
    expect(new ApplyError(new Error('no'), { entries }, []).message).toBe(
      'no\nNamespace/n created\nConfigMap/n/y configured\n',
    );
  });

  it('of a deletion are collected (flux-compat 3.7)', () => {
    expect(new DeleteError(['a', 'b'], { entries: [] }).message).toBe('delete failed, errors: a;b;');
  });
});

describe('errors that force answers by recreating (flux-compat 3.6, 7)', () => {
  it.each<[string, Error, boolean]>([
    ['any Invalid', api(422, 'Invalid', 'spec.replicas: must be positive'), true],
    ['Conflict', api(409, 'Conflict', 'changed'), true],
    ['a webhook that says immutable', api(403, 'Forbidden', 'denied: the field is immutable'), true],
    ['an immutable field', api(400, 'BadRequest', 'cannot change immutable field x'), true],
    ['AlreadyExists is another 409', api(409, 'AlreadyExists', 'exists'), false],
    ['Forbidden', api(403, 'Forbidden', 'no'), false],
    ['a server without reasons', api(422, '', 'bad'), true],
  ])('%s', (_, error, forced) => {
    expect(isImmutableError(error)).toBe(forced);
  });
});
