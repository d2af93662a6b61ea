import type { KubeObject } from '@flotilla/common/kube/object';
import { describe, expect, it } from 'vitest';
import { lackingIn } from './judge-crd.js';

const text = { type: 'string' };
const spec = (properties: object) => ({
  type: 'object',
  properties: { spec: { type: 'object', properties } },
});
const version = (name: string, schema: object, served = true) => ({
  name,
  served,
  schema: { openAPIV3Schema: schema },
});
const crd = (...versions: object[]): KubeObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things' },
  spec: { versions },
});

const refs = { type: 'array', items: { type: 'object', properties: { kind: text, name: text } } };
const own = crd(version('v1', spec({ url: text, refs })), version('v1beta1', spec({ url: text })));

describe('what a CRD of the cluster lacks', () => {
  const rows: Array<[string, KubeObject, string[]]> = [
    ['nothing, when it is the same', own, []],
    [
      'nothing, when it knows more',
      crd(
        version('v1', spec({ url: text, refs, more: text })),
        version('v1beta1', spec({ url: text })),
        version('v2', spec({})),
      ),
      [],
    ],
    [
      'a field',
      crd(version('v1', spec({ url: text })), version('v1beta1', spec({ url: text }))),
      ['spec.refs in v1'],
    ],
    [
      'a field within a list',
      crd(
        version(
          'v1',
          spec({ url: text, refs: { type: 'array', items: { type: 'object', properties: { name: text } } } }),
        ),
        version('v1beta1', spec({ url: text })),
      ),
      ['spec.refs[].kind in v1'],
    ],
    ['a version', crd(version('v1', spec({ url: text, refs }))), ['version v1beta1']],
    [
      'a version that is not served any more',
      crd(version('v1', spec({ url: text, refs })), version('v1beta1', spec({ url: text }), false)),
      ['version v1beta1'],
    ],
    [
      'nothing below a field that keeps what it does not know',
      crd(
        version('v1', {
          type: 'object',
          properties: { spec: { 'x-kubernetes-preserve-unknown-fields': true } },
        }),
        version('v1beta1', spec({ url: text })),
      ),
      [],
    ],
  ];
  it.each(rows)('%s', (_, live, lacking) => {
    expect(lackingIn(live, own)).toEqual(lacking);
  });
});
