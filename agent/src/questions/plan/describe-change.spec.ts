import { describe, expect, it } from 'vitest';
import { refOf, type KubeObject } from '@flotilla/common/kube/object';
import { PlannedChange_Action as Action } from '@flotilla/proto/flotilla/v1/question';
import {
  describeChange,
  describeDeletion,
  describeFailure,
  type DescribeOptions,
} from './describe-change.js';
import { SecretFields } from './secret-fields.js';

const open: DescribeOptions = {
  before: SecretFields.none,
  after: SecretFields.none,
  digestKey: Buffer.from('key'),
};

function object(kind: string, data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name: 'x', namespace: 'apps' }, data };
}

function configured(before: KubeObject, after: KubeObject, options = open) {
  return describeChange(
    { action: 'configured', ref: refOf(after), before, after, takenOverFrom: [] },
    options,
  );
}

describe('a change that leaves the cluster', () => {
  it('shows the fields as JSON', () => {
    expect(configured(object('ConfigMap', { a: '1' }), object('ConfigMap', { b: '2' }))).toEqual({
      action: Action.ACTION_CONFIGURE,
      object: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'apps', name: 'x' },
      fields: [
        { path: '/data/a', before: '"1"', after: '' },
        { path: '/data/b', before: '', after: '"2"' },
      ],
      omittedFields: 0,
    });
  });

  it('shows digests instead of the values of a Secret: equal for equal values, others with another key', () => {
    const change = configured(object('Secret', { p: 'hunter2' }), object('Secret', { p: 'hunter3' }));
    expect(JSON.stringify(change)).not.toMatch(/hunter/);
    const [field] = change.fields;
    expect(field?.before).toMatch(/^"\(secret hmac-sha256:[0-9a-f]{16}\)"$/);
    expect(field?.after).not.toBe(field?.before);
    const created = (digestKey: Uint8Array) =>
      describeChange(
        { action: 'created', ref: refOf(object('Secret', {})), after: object('Secret', { q: 'hunter2' }) },
        { ...open, digestKey },
      ).fields[0]?.after;
    expect(created(open.digestKey)).toBe(field?.before);
    expect(created(Buffer.from('other'))).not.toBe(field?.before);
    expect(created(new Uint8Array())).toBe('"(secret)"');
  });

  it('leaves out the labels that every created object gets', () => {
    const after = object('ConfigMap', { a: '1' });
    after.metadata.labels = { 'kustomize.toolkit.fluxcd.io/name': 'apps', own: 'x' };
    const { fields } = describeChange({ action: 'created', ref: refOf(after), after }, open);
    expect(fields.map(({ path }) => path)).toEqual(['/data/a', '/metadata/labels/own']);
  });

  it('shows of a long text what surrounds its first difference', () => {
    const text = (middle: string): string => `${'a'.repeat(50_000)}${middle}${'z'.repeat(50_000)}`;
    const { fields } = configured(
      object('ConfigMap', { f: text('OLD') }),
      object('ConfigMap', { f: text('NEW') }),
    );
    expect(fields[0]?.before).toMatch(/OLD/);
    expect(fields[0]?.after).toMatch(/NEW.*100003 characters, sha256:/);
    expect(fields[0]!.after.length).toBeLessThan(4_200);
  });

  it('lists so many fields and counts the others', () => {
    const data = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, 'v']));
    const change = configured(object('ConfigMap', {}), object('ConfigMap', data));
    expect([change.fields.length, change.omittedFields]).toEqual([60, 40]);
  });

  it('tells whose fields would be taken over', () => {
    const [before, after] = [object('ConfigMap', {}), object('ConfigMap', {})];
    const change = describeChange(
      { action: 'configured', ref: refOf(after), before, after, takenOverFrom: ['kubectl'] },
      open,
    );
    expect(change.fields).toEqual([
      { path: '/metadata/managedFields', before: '["kubectl"]', after: '["kustomize-controller"]' },
    ]);
  });

  it('does not name an object whose name comes from a Secret', () => {
    const named = (name: string): KubeObject => ({ ...object('ConfigMap', {}), metadata: { name } });
    const after = SecretFields.between([named('hunter2')], [named('other')]);
    const change = describeDeletion(refOf(named('hunter2')), { ...open, after });
    expect(JSON.stringify(change)).not.toMatch(/hunter2/);
  });

  it('withholds what a server says about an object with values of Secrets', () => {
    const [real, blind] = [object('ConfigMap', { a: 'hunter2' }), object('ConfigMap', { a: 'x' })];
    const after = SecretFields.between([real], [blind]);
    const cause = Object.assign(new Error(''), { reason: 'Invalid' });
    const error = new Error('Invalid value: "hunter2"', { cause });
    const failed = { action: 'failed' as const, ref: refOf(real), error };
    expect(describeFailure(failed, { ...open, after })).toMatch(
      /^ConfigMap\/apps\/x dry-run failed \(Invalid\): /,
    );
    expect(describeFailure(failed, { ...open, after })).not.toMatch(/hunter2/);
    expect(describeFailure(failed, open)).toMatch(/hunter2/);
  });
});
