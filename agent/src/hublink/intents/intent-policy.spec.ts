import { describe, expect, it } from 'vitest';
import type { Intent } from '@flotilla/proto/flotilla/v1/intent';
import { admitIntent, type IntentPolicy, intentVerbs } from './intent-policy.js';

const now = new Date('2026-01-01T00:00:00Z');
const open: IntentPolicy = { allowed: intentVerbs };
const apps = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  namespace: 'a',
  name: 'apps',
};

function intent(fields: Partial<Intent>): Intent {
  return {
    id: 'i',
    requestedBy: 'someone',
    action: { $case: 'reconcile', value: { object: apps, withSource: false } },
    ...fields,
  };
}

describe('the policy of a cluster', () => {
  it('admits what the owner allows', () => {
    expect(admitIntent(intent({}), open, now)).toEqual({ admitted: true, verb: 'reconcile', object: apps });
  });

  it.each<[string, Partial<Intent>, IntentPolicy, string]>([
    ['an expired intent', { expiresAt: new Date(now.getTime()) }, open, 'expired'],
    ['a verb that is not allowed', {}, { allowed: ['suspend'] }, '--hub-intents'],
    ['everything when nothing is allowed', {}, { allowed: [] }, '--hub-intents'],
    ['an action of a newer hub', { action: undefined }, open, 'upgrade the agent'],
    ['an intent without an object', { action: { $case: 'resume', value: {} } }, open, 'names no object'],
    [
      'an object that is no Flux kind',
      {
        action: {
          $case: 'suspend',
          value: { object: { ...apps, apiVersion: 'apps/v1', kind: 'Deployment' } },
        },
      },
      open,
      'not a kind that the hub may touch',
    ],
    [
      'a group that only looks like one of Flux',
      {
        action: {
          $case: 'suspend',
          value: { object: { ...apps, apiVersion: 'x.toolkit.fluxcd.io.evil.example/v1' } },
        },
      },
      open,
      'not a kind that the hub may touch',
    ],
  ])('refuses %s', (_case, fields, policy, message) => {
    expect(admitIntent(intent(fields), policy, now)).toEqual({
      admitted: false,
      message: expect.stringContaining(message),
    });
  });
});
