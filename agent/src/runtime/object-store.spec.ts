import type { KubeObject } from '@flotilla/common/kube/object';
import { describe, expect, it } from 'vitest';
import { ObjectStore } from './object-store.js';

function object(
  name: string,
  resourceVersion: string,
  uid = `uid-${name}`,
  data?: Record<string, string>,
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', uid, resourceVersion },
    data,
  };
}

const told = (changes: ReturnType<ObjectStore['put']>): string[] =>
  changes.map(
    (change) => `${change.type} ${change.object.metadata.name}@${change.object.metadata.resourceVersion}`,
  );

describe('the store of an informer', () => {
  it.each<[sentence: string, next: KubeObject, expected: string[]]>([
    ['a newer version is an update', object('a', '10'), ['updated a@10']],
    ['the same version is nothing', object('a', '9'), []],
    ['an older version is nothing, also when it is longer as text', object('a', '8'), []],
    [
      'another object of the same name is a deletion and an addition',
      object('a', '11', 'other'),
      ['deleted a@9', 'added a@11'],
    ],
    ['a version that is no number counts as newer', object('a', 'x'), ['updated a@x']],
  ])('%s', (_sentence, next, expected) => {
    const store = new ObjectStore({});
    store.put(object('a', '9'));
    expect(told(store.put(next))).toEqual(expected);
  });

  it('finds out by a list what was deleted, changed and made', () => {
    const store = new ObjectStore({});
    for (const name of ['gone', 'same', 'changed', 'reborn']) store.put(object(name, '5'));
    const changes = store.replace([
      object('same', '5'),
      object('changed', '6'),
      object('reborn', '7', 'new'),
      object('made', '8'),
    ]);
    expect(told(changes)).toEqual([
      'deleted gone@5',
      'updated changed@6',
      'deleted reborn@5',
      'added reborn@7',
      'added made@8',
    ]);
  });

  it('believes a list also when versions have gone back (a restored backup)', () => {
    const store = new ObjectStore({});
    store.put(object('a', '500'));
    expect(told(store.replace([object('a', '20')]))).toEqual(['updated a@20']);
  });

  it('ignores the deletion of an earlier object of that name', () => {
    const store = new ObjectStore({});
    store.put(object('a', '9', 'new'));
    expect(store.remove(object('a', '8', 'old'))).toEqual([]);
    expect(store.size).toBe(1);
  });

  it('keeps indices right through updates and deletions', () => {
    const store = new ObjectStore({ key: (one) => Object.keys(one['data'] ?? {}) });
    store.put(object('a', '1', 'a', { x: '', y: '' }));
    store.put(object('b', '2', 'b', { y: '' }));
    const names = (value: string) => store.byIndex('key', value).map((one) => one.metadata.name);
    expect([names('x'), names('y')]).toEqual([['a'], ['a', 'b']]);
    store.put(object('a', '3', 'a', { z: '' }));
    expect([names('x'), names('y'), names('z')]).toEqual([[], ['b'], ['a']]);
    store.remove(object('b', '4', 'b'));
    expect(names('y')).toEqual([]);
    expect(() => store.byIndex('other', 'x')).toThrow('there is no index "other"');
  });
});
