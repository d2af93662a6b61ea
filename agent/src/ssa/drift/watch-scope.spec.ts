import { describe, expect, it } from 'vitest';
import { ScopeChoice, type WatchScope } from './watch-scope.js';

const client = {} as WatchScope['client'];
const own: WatchScope = { id: '', client };
const tenant: WatchScope = { id: 'a', client };
const narrow: WatchScope = { id: 'a team', client, namespace: 'team' };
const hour = 3_600_000;

describe('the scope of a watch', () => {
  const rows: Array<[string, WatchScope[], number, WatchScope]> = [
    ['is the widest at first', [], 0, own],
    ['is the next one after a refusal', [own], 0, tenant],
    ['is the last one when all others were refused', [own, tenant], 0, narrow],
    ['is the last one, also when that was refused', [own, tenant, narrow], 0, narrow],
    ['is still the last one after a while', [own, tenant, narrow], hour - 1, narrow],
    ['is the widest again after an hour: rights may have changed', [own, tenant, narrow], hour, own],
  ];
  it.each(rows)('%s', (_, refused, now, chosen) => {
    const choice = new ScopeChoice();
    for (const scope of refused) choice.refuse('v1/ConfigMap', scope, 0);
    expect(choice.choose('v1/ConfigMap', [own, tenant, narrow], now)).toBe(chosen);
  });

  it('is that of its kind', () => {
    const choice = new ScopeChoice();
    choice.refuse('v1/ConfigMap', own, 0);
    expect(choice.choose('apps/v1/Deployment', [own, tenant], 0)).toBe(own);
  });
});
