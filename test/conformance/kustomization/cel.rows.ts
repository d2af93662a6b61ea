import { configMap, crd } from '../rig/manifests.js';
import type { Expected, Fields, ScenarioRow } from '../rig/scenario-row.js';

const group = '<ns>.example.com';
const gadget = {
  apiVersion: `${group}/v1`,
  kind: 'Gadget',
  metadata: { name: 'g', namespace: '<ns>' },
  spec: { count: 1, at: '2026-01-01T23:30:00Z' },
};

const healthRow = (behaviour: string, rule: Fields, expected: Expected): ScenarioRow => ({
  section: '1.8',
  behaviour: `healthCheckExprs: ${behaviour}`,
  given: {
    files: { 'a.yaml': [crd('Gadget'), gadget] },
    spec: {
      wait: true,
      timeout: '30s',
      healthCheckExprs: [{ apiVersion: `${group}/v1`, kind: 'Gadget', ...rule }],
    },
  },
  expect: expected,
});

const readyRow = (behaviour: string, readyExpr: string, expected: Expected): ScenarioRow => ({
  section: '1.8',
  behaviour: `readyExpr: ${behaviour}`,
  given: {
    files: { 'a.yaml': configMap('a'), 'b/b.yaml': configMap('b') },
    others: { base: { path: './b', suspend: true } },
    spec: { path: './b', dependsOn: [{ name: 'base', readyExpr }] },
  },
  expect: expected,
});

const healthy: Expected = { ready: 'True', conditions: { Healthy: { status: 'True' } } };
const pollError: Expected = {
  ready: {
    status: 'False',
    reason: 'HealthCheckFailed',
    message: /timeout waiting for: \[Gadget\/<ns>\/g status: 'Unknown': .*missing/,
  },
};
const terminal: Expected = {
  ready: { status: 'False', reason: 'InvalidCELExpression' },
  conditions: { Stalled: { status: 'True', reason: 'InvalidCELExpression' } },
  status: { observedGeneration: 1 },
};

/** The library of expressions (flux-compat 1.8). The process of these rows lives in Tokyo. */
export const celRows: readonly ScenarioRow[] = [
  healthRow(
    'an evaluation error is told as that of the poll',
    { current: 'spec.missing.deep == 1' },
    pollError,
  ),
  healthRow(
    'an evaluation error of failed counts although current would be true',
    { failed: 'spec.missing.deep == 1', current: 'true' },
    pollError,
  ),
  healthRow(
    'times are those of UTC, wherever the agent runs',
    { current: 'timestamp(spec.at).getHours() == 23 && timestamp(spec.at).getDate() == 1' },
    healthy,
  ),
  healthRow(
    'a time zone that is named counts',
    { current: "timestamp(spec.at).getHours('Asia/Tokyo') == 8" },
    healthy,
  ),
  healthRow(
    'numbers are compared across their types',
    { current: 'spec.count == 1.0 && spec.count < 1.5 && 2u > spec.count && spec.count >= 1u' },
    healthy,
  ),
  readyRow('numbers are compared across their types', '1 < 1.5 && 2u > 1 && dep.metadata.generation <= 1.0', {
    ready: 'True',
  }),
  readyRow('times are those of UTC', "timestamp('2026-01-01T23:30:00Z').getHours() == 23", { ready: 'True' }),
  readyRow('an expression of text is terminal', "'true'", terminal),
  readyRow('an expression of a number is terminal', '1 + 1', terminal),
  readyRow('a literal list of several types is terminal', "size([1, 'a']) == 2", terminal),
  readyRow('a variable that does not exist is terminal', 'status.ready', terminal),
  readyRow('an evaluation error is no answer: the dependency is not ready', 'dep.spec.missing.deep == 1', {
    ready: { status: 'False', reason: 'DependencyNotReady', message: /missing/ },
    conditions: { Stalled: null },
  }),
];
