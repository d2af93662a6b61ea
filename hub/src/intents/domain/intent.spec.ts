import { describe, expect, it } from 'vitest';
import type { IntentEvent, IntentState } from './intent.js';
import { firstProgress, intentStates, nextProgress } from './intent.js';

const delivered: IntentEvent = { type: 'delivered' };
const answered = (state: 'Accepted' | 'Succeeded' | 'Failed' | 'Refused'): IntentEvent => ({
  type: 'answered',
  state,
  message: 'so it went',
});

type Row = readonly [from: IntentState, event: IntentEvent, to: IntentState | null];
const rows: readonly Row[] = [
  ['Pending', delivered, 'Delivered'],
  ['Delivered', delivered, null],
  ['Accepted', delivered, null],
  ['Succeeded', delivered, null],
  ['Failed', delivered, null],
  ['Refused', delivered, null],
  ['Expired', delivered, null],
  ['Pending', answered('Accepted'), 'Accepted'],
  ['Delivered', answered('Accepted'), 'Accepted'],
  ['Accepted', answered('Accepted'), null],
  ['Succeeded', answered('Accepted'), null],
  ['Expired', answered('Accepted'), null],
  ['Pending', answered('Succeeded'), 'Succeeded'],
  ['Delivered', answered('Failed'), 'Failed'],
  ['Accepted', answered('Succeeded'), 'Succeeded'],
  ['Accepted', answered('Failed'), 'Failed'],
  ['Delivered', answered('Refused'), 'Refused'],
  ['Expired', answered('Succeeded'), 'Succeeded'],
  ['Expired', answered('Refused'), 'Refused'],
];

describe('an intent', () => {
  it.each(rows)('from %s by %j becomes %s', (from, event, to) => {
    expect(nextProgress({ state: from, message: '' }, event)?.state ?? null).toBe(to);
  });

  it.each(['Succeeded', 'Failed', 'Refused'] as const)('stays %s, whatever comes', (state) => {
    const events = [delivered, ...(['Accepted', 'Succeeded', 'Failed', 'Refused'] as const).map(answered)];
    expect(events.map((event) => nextProgress({ state, message: 'first' }, event))).toEqual(
      events.map(() => null),
    );
  });

  it('has rows for every state', () => {
    expect(new Set(rows.map(([from]) => from))).toEqual(new Set(intentStates));
  });
});

describe('a new intent', () => {
  const target = {
    cluster: 'prod',
    revoked: false,
    reported: true,
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  };
  it.each([
    ['waits to be sent', {}, 'Pending', ''],
    [
      'is refused for a revoked cluster',
      { revoked: true },
      'Refused',
      'cluster "prod": its identity has been revoked',
    ],
    [
      'is refused for a cluster that never reported',
      { reported: false, apiVersion: null },
      'Refused',
      'cluster "prod": its agent has not reported yet',
    ],
    [
      'is refused for an object that the cluster does not report',
      { apiVersion: null },
      'Refused',
      'Kustomization/a/b is not reported by cluster "prod"',
    ],
  ] as const)('%s', (_sentence, change, state, message) => {
    expect(firstProgress({ ...target, ...change }, 'Kustomization/a/b')).toEqual({ state, message });
  });
});
