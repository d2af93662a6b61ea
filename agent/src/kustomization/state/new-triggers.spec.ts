import { describe, expect, it } from 'vitest';
import type { ObjectRef } from '@flotilla/common/kube/object';
import { NewTriggers } from './new-triggers.js';

const apps = { namespace: 'ns', name: 'apps' };
const cause: ObjectRef = { apiVersion: 'v1', kind: 'Secret', namespace: 'ns', name: 'vars' };

function watched(triggers: NewTriggers): ObjectRef[] {
  const told: ObjectRef[] = [];
  triggers.watch(apps, (ref) => told.push(ref));
  return told;
}

describe('NewTriggers', () => {
  it('tells what comes while somebody waits', () => {
    const triggers = new NewTriggers();
    triggers.begin(apps);
    const told = watched(triggers);
    triggers.add({ namespace: 'ns', name: 'other' }, cause);
    expect(told).toEqual([]);
    triggers.add(apps, cause);
    expect(told).toEqual([cause]);
  });

  it('tells what came since the reconcile began, but not what began it', () => {
    const triggers = new NewTriggers();
    triggers.add(apps, cause);
    triggers.begin(apps);
    expect(watched(triggers)).toEqual([]);
    triggers.add(apps, cause);
    expect(watched(triggers)).toEqual([cause]);
  });

  it('tells nothing after the wait is over', () => {
    const triggers = new NewTriggers();
    const told: ObjectRef[] = [];
    triggers.watch(apps, (ref) => told.push(ref))();
    triggers.add(apps, cause);
    expect(told).toEqual([]);
  });
});
