import type { KubeObject } from '@flotilla/common/kube/object';
import { configMap, crd } from '../rig/manifests.js';
import type { Fields, ScenarioRow } from '../rig/scenario-row.js';

const group = '<ns>.example.com';
const a = 'v1/ConfigMap/a';

const widget = (spec: Fields): KubeObject => ({
  apiVersion: `${group}/v1`,
  kind: 'Widget',
  metadata: { name: 'w', namespace: '<ns>' },
  spec,
});

const healthRow = (
  behaviour: string,
  phase: string,
  rules: readonly Fields[],
  health: 'Current' | 'InProgress' | 'Failed',
): ScenarioRow => ({
  section: '1.8',
  behaviour: `healthCheckExprs: ${behaviour}`,
  given: {
    files: { 'a.yaml': [crd('Widget'), widget({ phase })] },
    spec: {
      wait: true,
      timeout: '30s',
      healthCheckExprs: rules.map((rule) => ({ apiVersion: `${group}/v1`, kind: 'Widget', ...rule })),
    },
  },
  expect:
    health === 'Current'
      ? { ready: 'True', conditions: { Healthy: { status: 'True' } } }
      : {
          ready: {
            status: 'False',
            reason: 'HealthCheckFailed',
            message:
              health === 'Failed'
                ? /failed early due to stalled resources: \[Widget\/<ns>\/w status: 'Failed'/
                : /timeout waiting for: \[Widget\/<ns>\/w status: 'InProgress'/,
          },
        },
});

const rules = {
  current: "spec.phase == 'Done'",
  failed: "spec.phase == 'Broken'",
};

const readyRow = (behaviour: string, readyExpr: string, expected: ScenarioRow['expect']): ScenarioRow => ({
  section: '3.2',
  behaviour: `dependsOn[].readyExpr: ${behaviour}`,
  given: {
    files: { 'bad/a.yaml': '- x', 'good/a.yaml': configMap('a') },
    others: { base: { path: './bad' } },
    spec: { path: './good', dependsOn: [{ name: 'base', readyExpr }] },
  },
  ...(expected ? { expect: expected } : {}),
});

const ignore = (paths: readonly string[], target: Fields = { kind: 'ConfigMap', name: 'a' }) => [
  { paths, target },
];
const two = { 'a.yaml': configMap('a', { value: 'one', other: 'one' }) };

/** Expressions and rules that people write themselves (flux-compat 1.8, 3.2 and 3.6, 8). */
export const expressionRows: readonly ScenarioRow[] = [
  healthRow('current is true', 'Done', [rules], 'Current'),
  healthRow('failed is true', 'Broken', [rules], 'Failed'),
  healthRow('none is true: in progress', 'Waiting', [rules], 'InProgress'),
  healthRow('inProgress counts before current', 'Done', [{ ...rules, inProgress: 'true' }], 'InProgress'),
  healthRow('failed counts before current', 'Done', [{ ...rules, failed: 'true' }], 'Failed'),
  healthRow(
    'an entry without kind is for every kind of its group',
    'Done',
    [{ ...rules, kind: undefined }],
    'Current',
  ),
  healthRow(
    'the exact kind wins over the group',
    'Done',
    [{ kind: undefined, current: 'false', failed: 'true' }, rules],
    'Current',
  ),
  healthRow('the version is not looked at', 'Done', [{ ...rules, apiVersion: `${group}/v9` }], 'Current'),
  healthRow(
    'fields of the object are variables, with optional types and string functions',
    'Done',
    [{ current: "metadata.name.startsWith('w') && kind == 'Widget' && spec.?none.orValue('x') == 'x'" }],
    'Current',
  ),
  {
    section: '3.2',
    behaviour: 'an expression that does not compile stalls before anything else',
    given: { files: two, spec: { healthCheckExprs: [{ apiVersion: 'x/v1', kind: 'X', current: 'a b' }] } },
    expect: {
      ready: {
        status: 'False',
        reason: 'InvalidCELExpression',
        message: /^Reconciliation failed terminally due to configuration error: /,
      },
      conditions: { Stalled: { status: 'True', reason: 'InvalidCELExpression' }, Reconciling: null },
      status: { observedGeneration: 1 },
      events: [{ severity: 'error' }],
      objects: { [a]: null },
    },
  },
  readyRow('true is enough, although the built-in checks say no', "dep.metadata.name == 'base'", {
    ready: 'True',
  }),
  readyRow('false is told', 'false', {
    ready: {
      status: 'False',
      reason: 'DependencyNotReady',
      message: "dependency '<ns>/base' is not ready according to readyExpr eval",
    },
  }),
  readyRow('self is the object itself', "self.spec.path == './good' && dep.spec.path == './bad'", {
    ready: 'True',
  }),
  readyRow('one that does not compile stalls', 'dep ==', {
    ready: { status: 'False', reason: 'InvalidCELExpression' },
    conditions: { Stalled: { status: 'True' } },
  }),
  {
    section: '3.6',
    behaviour: 'ignore: an edit of an ignored path stays',
    given: { files: two, spec: { ignore: ignore(['/data/value']) } },
    expect: { ready: 'True', objects: { [a]: { data: { value: 'one' } } } },
    steps: [
      {
        edit: { [a]: { data: { value: 'by hand' } } },
        request: true,
        expect: { ready: 'True', objects: { [a]: { data: { value: 'by hand', other: 'one' } } } },
      },
    ],
  },
  {
    section: '3.6',
    behaviour: 'ignore: other paths of the object are corrected, and the ignored one keeps its live value',
    given: { files: two, spec: { ignore: ignore(['/data/value']) } },
    expect: { ready: 'True' },
    steps: [
      {
        edit: { [a]: { data: { value: 'by hand', other: 'by hand' } } },
        expect: { ready: 'True', objects: { [a]: { data: { value: 'by hand', other: 'one' } } } },
      },
    ],
  },
  {
    section: '3.6',
    behaviour: 'ignore: a commit of another field leaves the ignored edit alone',
    given: { files: two, spec: { ignore: ignore(['/data/value']) } },
    expect: { ready: 'True' },
    steps: [
      { edit: { [a]: { data: { value: 'by hand' } } }, request: true },
      {
        commit: { 'a.yaml': configMap('a', { value: 'one', other: 'two' }) },
        expect: { ready: 'True', objects: { [a]: { data: { value: 'by hand', other: 'two' } } } },
      },
    ],
  },
  {
    section: '3.6',
    behaviour: 'ignore: objects that the target does not fit are corrected',
    given: { files: two, spec: { ignore: ignore(['/data/value'], { kind: 'ConfigMap', name: 'another' }) } },
    expect: { ready: 'True' },
    steps: [
      {
        edit: { [a]: { data: { value: 'by hand' } } },
        expect: { objects: { [a]: { data: { value: 'one' } } } },
      },
    ],
  },
  {
    section: '3.6',
    behaviour: 'ignore: without a target the rule is for all objects',
    given: { files: two, spec: { ignore: [{ paths: ['/data/value'] }] } },
    expect: { ready: 'True' },
    steps: [
      {
        edit: { [a]: { data: { value: 'by hand' } } },
        request: true,
        expect: { ready: 'True', objects: { [a]: { data: { value: 'by hand' } } } },
      },
    ],
  },
];
