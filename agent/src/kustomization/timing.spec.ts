import { expect, it } from 'vitest';
import { KustomizationSpec } from '@flotilla/common/api/kustomization';
import { nextIntervalMs, retryIntervalMs, timeoutMs } from './timing.js';

const spec = (fields: Record<string, unknown>): KustomizationSpec =>
  KustomizationSpec.parse({ prune: true, sourceRef: { kind: 'GitRepository', name: 'x' }, ...fields });

it.each([
  [{ interval: '10m' }, 570_000],
  [{ interval: '45s' }, 30_000],
  [{ interval: '10m', timeout: '2m' }, 120_000],
  [{ interval: '10m', timeout: '5s' }, 30_000],
])('the timeout of %j is %i ms (flux-compat 3.1)', (fields, expected) => {
  expect(timeoutMs(spec(fields))).toBe(expected);
});

it('a failure comes back after retryInterval, else after the interval, without jitter (flux-compat 1.6)', () => {
  expect(retryIntervalMs(spec({ interval: '10m', retryInterval: '1m' }))).toBe(60_000);
  expect(retryIntervalMs(spec({ interval: '10m' }))).toBe(600_000);
});

it.each([
  [0, 95_000],
  [0.5, 100_000],
  [1, 105_000],
])('jitter at %d moves 100 s to %i ms (flux-compat 1.6)', (random, expected) => {
  expect(nextIntervalMs(spec({ interval: '100s' }), 5, () => random)).toBe(expected);
});
