import { describe, expect, it } from 'vitest';
import { migrated } from './migrate-api-version.js';

const entry = (manager: string, apiVersion: string, fields: string[], more: object = {}) => ({
  manager,
  operation: 'Apply' as const,
  apiVersion,
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:spec': Object.fromEntries(fields.map((field) => [`f:${field}`, {}])) },
  ...more,
});

describe('managedFields of an old API version (flux-compat 3.6, 10)', () => {
  it('are left alone when all are of the version that is applied, or of another group', () => {
    const entries = [entry('a', 'x.io/v1', ['one']), entry('b', 'y.io/v1beta1', ['two'])];
    expect(migrated(entries, 'x.io/v1')).toBeUndefined();
  });

  it('get the version that is applied, whoever wrote them', () => {
    const entries = [entry('a', 'x.io/v1beta1', ['one']), entry('b', 'x.io/v1', ['two'])];
    expect(migrated(entries, 'x.io/v1')).toEqual([
      entry('a', 'x.io/v1', ['one']),
      entry('b', 'x.io/v1', ['two']),
    ]);
  });

  it('become one entry where a writer has one in each version', () => {
    const entries = [entry('a', 'x.io/v1beta1', ['one']), entry('a', 'x.io/v1', ['two'])];
    expect(migrated(entries, 'x.io/v1')).toEqual([entry('a', 'x.io/v1', ['one', 'two'])]);
  });

  it('of a subresource stay apart', () => {
    const status = entry('a', 'x.io/v1beta1', ['one'], { subresource: 'status' });
    expect(migrated([status, entry('a', 'x.io/v1', ['two'])], 'x.io/v1')).toHaveLength(2);
  });
});
