import { formatRef } from '@flotilla/common/kube/object';
import { silentLogger } from '@flotilla/agent/runtime/logger';
import { OwnedObjectWatch } from '@flotilla/agent/ssa/drift/owned-object-watch';
import { seenObjects } from '@flotilla/agent/ssa/drift/seen-object';
import type { ApplyOptions } from '@flotilla/agent/ssa/engine';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { configMap, deployment, group, ref, startEngineRig, type EngineRig } from './engine-rig.js';
import { watchTold } from './watch-told.js';

let rig: EngineRig;
let ns: string;
let watch: OwnedObjectWatch;
let suspects: string[];
const apps = { namespace: 'flux-system', name: 'apps' };

beforeAll(async () => {
  rig = await startEngineRig('settled');
});
afterAll(() => rig?.stop());
beforeEach(async () => {
  ns = await rig.namespace();
  suspects = [];
  watch = new OwnedObjectWatch({
    client: rig.client,
    ownerGroup: group,
    logger: silentLogger,
    onSuspect: (owner, suspect) => suspects.push(`${owner.name} ${formatRef(suspect)}`),
  });
});
afterEach(() => watch.stop());

describe('objects that need no look', () => {
  const objects = (changed: string) => [
    ...Array.from({ length: 20 }, (_, index) =>
      configMap(ns, `c-${index}`, { k: index === 7 ? changed : 'v' }),
    ),
    deployment(ns, 'd'),
  ];
  const apply = async (changed: string) => {
    watch.hold(apps);
    rig.requests.length = 0;
    const settled: ApplyOptions['settled'] = (suspect, desired) => watch.settled(apps, suspect, desired);
    const changes = await rig.apply(objects(changed), { settled });
    const sent = [...rig.requests];
    watch.expect(apps, JSON.parse(JSON.stringify(seenObjects(changes.entries))));
    return {
      sent,
      changed: changes.entries
        .filter(({ action }) => action !== 'unchanged')
        .map(({ ref: { name } }) => name),
      total: changes.entries.length,
    };
  };
  const watching = async () => {
    await watchTold({ rig, watch, ns, suspects }, 'ConfigMap');
    await watchTold({ rig, watch, ns, suspects }, 'Deployment');
  };

  it('cost no request: of many one is applied in three', async () => {
    await apply('v');
    await watching();
    expect(await apply('v')).toEqual({ sent: [], changed: [], total: 21 });
    expect(await apply('changed')).toEqual({
      sent: ['PATCH 200', 'GET 200', 'PATCH 200'],
      changed: ['c-7'],
      total: 21,
    });
    expect(await apply('changed')).toEqual({ sent: [], changed: [], total: 21 });
  });

  it('are looked at when somebody else wrote them, or they were deleted', async () => {
    await apply('v');
    await watching();
    await rig.client.patch(
      ref('v1', 'ConfigMap', ns, 'c-3'),
      { type: 'merge', body: { data: { k: 'edited' } } },
      { fieldManager: 'kubectl-edit' },
    );
    await rig.client.delete(ref('apps/v1', 'Deployment', ns, 'd'));
    await watching();
    expect((await apply('v')).changed).toEqual(['c-3', 'd']);
  });

  it('are all looked at while the watch does not work yet', async () => {
    await apply('v');
    watch.forget(apps);
    // Only the dry-runs: the watch that begins asks for lists meanwhile.
    const { sent } = await apply('v');
    expect(sent.filter((request) => request.startsWith('PATCH'))).toHaveLength(21);
  });
});
