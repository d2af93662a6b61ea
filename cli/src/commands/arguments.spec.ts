import { describe, expect, it } from 'vitest';
import { intentSeconds } from '../hub/act-on-fleet.js';
import { meansFleet } from '../options/cluster-targets.js';
import { namespaceOf } from '../options/global-options.js';
import { parseLabelChanges } from './cluster-admin.js';
import { agentCommand } from './token-create.js';
import { idOf } from './token-revoke.js';

describe('arguments', () => {
  it('change labels as kubectl does', () => {
    expect(parseLabelChanges(['env=prod', 'canary-', 'a-b=c', 'empty='])).toEqual({
      env: 'prod',
      canary: null,
      'a-b': 'c',
      empty: '',
    });
    expect(() => parseLabelChanges(['env'])).toThrow('expected key=value, or key- to remove it');
    expect(() => parseLabelChanges(['=x'])).toThrow('expected key=value');
    expect(() => parseLabelChanges(['env=a', 'env-'])).toThrow('given twice');
  });

  it.each([
    ['flt_abc123_secret', 'abc123'],
    ['flj_abc123_secret_pin', 'abc123'],
    ['abc123', 'abc123'],
    ['my_name_here', 'my_name_here'],
  ])('the token %s is found by %s', (text, id) => expect(idOf(text)).toBe(id));

  it('mean the fleet with --cluster or -l, and not with both or with an empty selector', () => {
    expect(meansFleet({})).toBe(false);
    expect(meansFleet({ cluster: ['a'] })).toBe(true);
    expect(meansFleet({ selector: 'env=prod' })).toBe(true);
    expect(() => meansFleet({ cluster: ['a'], selector: 'b' })).toThrow('give one of them');
    expect(() => meansFleet({ selector: ' ' })).toThrow('would be every cluster');
  });

  it('choose the namespace as Flux does', () => {
    expect(namespaceOf({ timeout: 1 }, {})).toBe('flux-system');
    expect(namespaceOf({ timeout: 1 }, { FLUX_SYSTEM_NAMESPACE: 'gitops' })).toBe('gitops');
    expect(namespaceOf({ timeout: 1, namespace: 'x' }, { FLUX_SYSTEM_NAMESPACE: 'gitops' })).toBe('x');
  });

  it.each([
    [1, 10],
    [300_000, 300],
    [300_001, 301],
    [999_999_999, 86_400],
  ])('an intent that is waited for %d ms lives %d s', (ms, seconds) =>
    expect(intentSeconds(ms)).toBe(seconds),
  );

  it('say how the agent is started', () => {
    expect(agentCommand('https://hub.example.com/flotilla', 'prod')).toBe(
      'flotilla-agent --hub-address hub.example.com:8443 --cluster-name prod --join-token-file join-token',
    );
  });
});
