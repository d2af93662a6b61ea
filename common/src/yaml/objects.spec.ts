import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../kube/object.js';
import { flattenLists, parseObjects } from './objects.js';

const configMap = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

describe('parseObjects', () => {
  it('reads every document and keeps unknown fields', () => {
    const text =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nfutureField: 1\n---\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n';
    expect(parseObjects(text)).toEqual([{ ...configMap('a'), futureField: 1 }, configMap('b')]);
  });

  it.each<[string, string, string]>([
    ['text', 'hello\n', 'document 1: not a Kubernetes object: expected a mapping'],
    ['a list', '- a\n', 'document 1: not a Kubernetes object: expected a mapping'],
    ['no apiVersion', 'kind: A\n', 'document 1: not a Kubernetes object: apiVersion is missing'],
    ['no kind', '---\n---\napiVersion: v1\n', 'document 2: not a Kubernetes object: kind is missing'],
    [
      'an apiVersion that is no text',
      'apiVersion: 1\nkind: A\n',
      'document 1: not a Kubernetes object: apiVersion is missing',
    ],
    ['no name', 'apiVersion: v1\nkind: A\nmetadata: {}\n', 'document 1: A: metadata.name is missing'],
  ])('refuses %s (flux-compat 3.3)', (_name, text, message) => {
    expect(() => parseObjects(text)).toThrow(message);
  });

  it('does not ask a List for a name', () => {
    expect(parseObjects('apiVersion: v1\nkind: List\nitems: []\n')).toHaveLength(1);
  });
});

describe('flattenLists', () => {
  it('replaces lists by their items, at any depth and in order', () => {
    const inner = { apiVersion: 'v1', kind: 'List', items: [configMap('b')] } as unknown as KubeObject;
    const outer = { apiVersion: 'v1', kind: 'List', items: [configMap('a'), inner] } as unknown as KubeObject;
    expect(flattenLists([outer, configMap('c')]).map((object) => object.metadata.name)).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('gives items of a typed list their type', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'ConfigMapList',
      items: [{ metadata: { name: 'a' } }],
    } as unknown as KubeObject;
    expect(flattenLists([list])).toEqual([configMap('a')]);
  });

  it('leaves a kind that only ends with List alone', () => {
    const allowList: KubeObject = {
      apiVersion: 'x.y/v1',
      kind: 'AllowList',
      metadata: { name: 'a' },
      spec: { items: [] },
    };
    expect(flattenLists([allowList])).toEqual([allowList]);
  });

  it('names the item that is no object', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [configMap('a'), { kind: 'B' }],
    } as unknown as KubeObject;
    expect(() => flattenLists([list])).toThrow(
      'List: items[1]: not a Kubernetes object: apiVersion is missing',
    );
  });
});
