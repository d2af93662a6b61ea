import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../kube/object.js';
import { HealthExpressions, type HealthExpression } from './health-expressions.js';

const certificate: HealthExpression = {
  apiVersion: 'cert-manager.io/v1',
  kind: 'Certificate',
  inProgress: `status.conditions.exists(c, c.type == 'Issuing' && c.status == 'True')`,
  failed: `status.conditions.exists(c, c.type == 'Ready' && c.status == 'False')`,
  current: `status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')`,
};

function object(
  conditions: ReadonlyArray<readonly [type: string, status: string]>,
  { apiVersion = 'cert-manager.io/v1', kind = 'Certificate', observed = 2 } = {},
): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: { name: 'web', generation: 2 },
    status: {
      observedGeneration: observed,
      conditions: conditions.map(([type, status]) => ({ type, status })),
    },
  };
}

function status(
  of: KubeObject,
  expressions: readonly HealthExpression[] = [certificate],
): string | undefined {
  return HealthExpressions.compile(expressions).statusOf(of)?.status;
}

describe('health expressions (flux-compat 1.8)', () => {
  it.each<[what: string, of: KubeObject, status: string | undefined]>([
    ['true current', object([['Ready', 'True']]), 'Current'],
    ['true failed', object([['Ready', 'False']]), 'Failed'],
    [
      'inProgress before failed',
      object([
        ['Issuing', 'True'],
        ['Ready', 'False'],
      ]),
      'InProgress',
    ],
    [
      'failed before current',
      object([
        ['Ready', 'True'],
        ['Ready', 'False'],
      ]),
      'Failed',
    ],
    ['none true', object([['Other', 'True']]), 'InProgress'],
    ['an old observedGeneration', object([['Ready', 'True']], { observed: 1 }), 'InProgress'],
    [
      'another version of the kind',
      object([['Ready', 'True']], { apiVersion: 'cert-manager.io/v9' }),
      'Current',
    ],
    ['another kind', object([['Ready', 'True']], { kind: 'Issuer' }), undefined],
    ['the kind in another group', object([['Ready', 'True']], { apiVersion: 'example.com/v1' }), undefined],
  ])('decide: %s', (_, of, expected) => {
    expect(status(of)).toBe(expected);
  });

  it('without a kind are for every kind of the group, and the exact kind wins', () => {
    const expressions = [{ apiVersion: 'cert-manager.io/v1', current: 'true' }, certificate];
    expect(status(object([['Ready', 'False']], { kind: 'Issuer' }), expressions)).toBe('Current');
    expect(status(object([['Ready', 'False']]), expressions)).toBe('Failed');
  });

  it('read any top-level field', () => {
    const expressions = [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        current: `has(data.done) && data.done == 'yes' && kind == 'ConfigMap'`,
      },
    ];
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { done: 'yes' } };
    expect(status(config, expressions)).toBe('Current');
  });

  it('fail when a field is missing', () => {
    const of = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', metadata: { name: 'web' } };
    expect(() => status(of)).toThrow('no such attribute(s): status.conditions');
    expect(() => status({ ...of, status: {} })).toThrow('no such key: conditions');
  });

  it.each<[expressions: readonly HealthExpression[], message: string]>([
    [
      [certificate, { apiVersion: 'a/v1', kind: 'B', current: 'foo.' }],
      "failed to create custom status evaluator for healthchecks[1]: failed to parse the expression Current: failed to parse the CEL expression 'foo.': ERROR: <input>:1:5: Syntax error: ",
    ],
    [
      [{ apiVersion: 'a/v1', kind: 'B', current: 'true', failed: '(' }],
      'failed to parse the expression Failed: ',
    ],
    [
      [{ apiVersion: 'a/v1', kind: 'B', current: 'true', inProgress: '(' }],
      'failed to parse the expression InProgress: ',
    ],
    [[{ apiVersion: 'a/v1', kind: 'B', current: '' }], 'expression Current not specified'],
    [
      [certificate, { ...certificate, apiVersion: 'cert-manager.io/v2' }],
      'duplicate custom health check for GroupKind Certificate.cert-manager.io at healthchecks[1]',
    ],
  ])('are refused as a whole when one is wrong', (expressions, message) => {
    expect(() => HealthExpressions.compile(expressions)).toThrow(message);
  });
});
