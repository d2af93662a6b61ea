import { describe, expect, it } from 'vitest';
import type { KubeObject, ManagedFieldsEntry } from '@flotilla/common/kube/object';
import { hasDrifted } from '../diff.js';
import { compileIgnoreRules, ignoredPointers } from './ignore-rules.js';
import { parseJsonPointer } from './json-pointer.js';
import { keepIgnored, withoutIgnored } from './keep-ignored.js';

const own = 'kustomize-controller';

function object(spec: Record<string, unknown>, managedFields: ManagedFieldsEntry[] = []): KubeObject {
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'web', managedFields }, spec };
}

function applier(manager: string, fields: Record<string, unknown>): ManagedFieldsEntry {
  return { manager, operation: 'Apply', fieldsV1: { 'f:spec': fields } };
}

function keep(
  pointers: readonly string[],
  desired: KubeObject,
  live: KubeObject,
  { result = desired, takesOver = false } = {},
): unknown {
  return keepIgnored(desired, {
    pointers: pointers.map(parseJsonPointer),
    live,
    result,
    fieldManager: own,
    takeOver: takesOver ? { fieldManager: own, overrideManagers: [] } : undefined,
  }).spec;
}

describe('ignored fields (flux-compat 3.6, 8)', () => {
  it('are no drift', () => {
    const pointers = ['/spec/replicas', '/spec/list/0/image', '/spec/notes/a~1b'].map(parseJsonPointer);
    const live = object({ replicas: 5, list: [{ name: 'a', image: 'x' }], notes: { 'a/b': '1' } });
    const wanted = object({ replicas: 2, list: [{ name: 'a', image: 'y' }] });
    expect(hasDrifted(live, wanted)).toBe(true);
    expect(hasDrifted(withoutIgnored(live, pointers), withoutIgnored(wanted, pointers))).toBe(false);
    const edited = object({ replicas: 5, list: [{ name: 'a', image: 'x' }], other: 1 });
    expect(hasDrifted(withoutIgnored(edited, pointers), withoutIgnored(wanted, pointers))).toBe(true);
    expect(live.spec).toEqual({ replicas: 5, list: [{ name: 'a', image: 'x' }], notes: { 'a/b': '1' } });
  });

  it('are left out when another applier owns them', () => {
    const live = object({ replicas: 5, size: 1 }, [applier('vpa', { 'f:replicas': {} })]);
    expect(keep(['/spec/replicas'], object({ replicas: 2, size: 2 }), live)).toEqual({ size: 2 });
  });

  it('are left out when another applier owns something below them', () => {
    const live = object({ notes: { a: 'x' } }, [applier('monitor', { 'f:notes': { 'f:a': {} } })]);
    expect(keep(['/spec/notes'], object({ notes: { a: 'y' }, size: 2 }), live)).toEqual({ size: 2 });
  });

  it('take the live value when nobody else applies them', () => {
    const owners: ManagedFieldsEntry[] = [
      applier(own, { 'f:replicas': {} }),
      { manager: 'hpa', operation: 'Update', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
    ];
    const live = object({ replicas: 5, size: 1 }, owners);
    expect(keep(['/spec/replicas'], object({ replicas: 2, size: 2 }), live)).toEqual({
      replicas: 5,
      size: 2,
    });
  });

  it('take the live value when the other applier is one that is taken over', () => {
    const live = object({ replicas: 5 }, [applier('kubectl', { 'f:replicas': {} })]);
    const desired = object({ replicas: 2 });
    expect(keep(['/spec/replicas'], desired, live, { takesOver: true })).toEqual({ replicas: 5 });
    expect(keep(['/spec/replicas'], desired, live)).toEqual({});
  });

  it('are sent as declared when they have not drifted, or do not exist', () => {
    const live = object({ replicas: 2 }, [applier('vpa', { 'f:replicas': {} })]);
    const desired = object({ replicas: 2, extra: 'new' });
    expect(keep(['/spec/replicas', '/spec/extra', '/spec/none/of/it'], desired, live)).toEqual({
      replicas: 2,
      extra: 'new',
    });
  });

  it('are kept when Git has dropped them', () => {
    const live = object({ notes: { a: 'x' }, size: 1 }, [applier(own, { 'f:notes': { 'f:a': {} } })]);
    const desired = object({ size: 2 });
    expect(keep(['/spec/notes/a'], desired, live)).toEqual({ size: 2, notes: { a: 'x' } });
  });

  it('are found by the name of the item, whatever its position in Git', () => {
    const live = object({
      containers: [
        { name: 'sidecar', image: 's:9' },
        { name: 'app', image: 'a:9' },
      ],
    });
    const result = object({
      containers: [
        { name: 'sidecar', image: 's:9' },
        { name: 'app', image: 'a:1' },
      ],
    });
    const desired = object({
      containers: [
        { name: 'app', image: 'a:1' },
        { name: 'other', image: 'o:1' },
      ],
    });
    expect(keep(['/spec/containers/1/image'], desired, live, { result })).toEqual({
      containers: [
        { name: 'app', image: 'a:9' },
        { name: 'other', image: 'o:1' },
      ],
    });
  });

  it('may be whole items of a list', () => {
    const live = object({ list: ['a', 'x', 'c'] }, [applier('other', { 'f:list': {} })]);
    expect(keep(['/spec/list/1'], object({ list: ['a', 'b', 'c'] }), live)).toEqual({ list: ['a', 'c'] });
  });

  it('never come from what JavaScript adds to objects', () => {
    const desired = object({ a: 1 });
    expect(keep(['/spec/__proto__/polluted', '/spec/constructor'], desired, object({ a: 2 }))).toEqual({
      a: 1,
    });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('ignore rules', () => {
  it('are for the objects that their target names', () => {
    const rules = compileIgnoreRules([
      { paths: ['/spec/a'] },
      { paths: ['/spec/b', '/spec/c~0d'], target: { kind: 'Wid.*' } },
      { paths: ['/spec/e'], target: { kind: 'Wid' } },
    ]);
    expect(ignoredPointers(rules, object({}))).toEqual([
      ['spec', 'a'],
      ['spec', 'b'],
      ['spec', 'c~d'],
    ]);
    expect(ignoredPointers(undefined, object({}))).toEqual([]);
  });

  it.each([
    [{ paths: ['spec/a'] }, 'invalid ignore rule spec.ignore[0]: "spec/a" is no JSON pointer to a field'],
    [{ paths: [''] }, 'invalid ignore rule spec.ignore[0]: "" is no JSON pointer to a field'],
    [{ paths: ['/a~2'] }, 'invalid ignore rule spec.ignore[0]: "/a~2" is no JSON pointer'],
    [
      { paths: ['/a'], target: { kind: '(' } },
      'invalid ignore rule spec.ignore[0]: kind: error parsing regexp',
    ],
  ])('that are none are refused: %j', (rule, message) => {
    expect(() => compileIgnoreRules([rule])).toThrow(message);
  });
});
