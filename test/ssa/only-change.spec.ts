import type { KubeObject } from '@flotilla/common/kube/object';
import { silentLogger } from '@flotilla/agent/runtime/logger';
import { OwnedObjectWatch } from '@flotilla/agent/ssa/drift/owned-object-watch';
import { seenObjects } from '@flotilla/agent/ssa/drift/seen-object';
import { ApplyError } from '@flotilla/agent/ssa/errors';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { configMap, deployment, group, ref, startEngineRig, type EngineRig } from './engine-rig.js';
import { watchTold } from './watch-told.js';

let rig: EngineRig;
let ns: string;
let watch: OwnedObjectWatch;
let suspects: string[];
const apps = { namespace: 'flux-system', name: 'apps' };

beforeAll(async () => {
  rig = await startEngineRig('only-change');
});
afterAll(() => rig?.stop());
beforeEach(async () => {
  ns = await rig.namespace();
  suspects = [];
  watch = new OwnedObjectWatch({
    client: rig.client,
    ownerGroup: group,
    logger: silentLogger,
    onSuspect: (owner, suspect) => suspects.push(`${owner.name} ${suspect.kind}/${suspect.name}`),
  });
  await apply(objectsWith());
  await watchTold({ rig, watch, ns, suspects }, 'ConfigMap');
  await watchTold({ rig, watch, ns, suspects }, 'Deployment');
});
afterEach(() => watch.stop());

interface Wish {
  readonly data?: Record<string, string>;
  readonly spec?: Record<string, unknown>;
  readonly more?: readonly KubeObject[];
}

function objectsWith({ data = { k: 'v' }, spec = {}, more = [] }: Wish = {}): KubeObject[] {
  return [configMap(ns, 'a', data), configMap(ns, 'b', { k: 'v' }), deployment(ns, 'd', spec), ...more];
}

async function apply(objects: KubeObject[], options: { force?: boolean } = {}) {
  watch.hold(apps);
  rig.requests.length = 0;
  const { entries } = await rig.apply(objects, {
    ...options,
    settled: (one, desired) => watch.settled(apps, one, desired),
    untouched: (one) => watch.untouched(apps, one),
  });
  const sent = rig.requests.filter((request) => !request.startsWith('WATCH'));
  watch.expect(apps, seenObjects(entries));
  const changed = entries.filter(({ action }) => action !== 'unchanged');
  return { sent, changed: changed.map(({ ref: { name }, action }) => `${name} ${action}`) };
}

describe('the only object of a stage that is declared in another way', () => {
  it('is applied in one request', async () => {
    const { sent, changed } = await apply(objectsWith({ data: { k: 'new' } }));
    expect({ sent, changed }).toEqual({ sent: ['PATCH 200'], changed: ['a configured'] });
    expect((await rig.client.get(ref('v1', 'ConfigMap', ns, 'a')))?.['data']).toEqual({ k: 'new' });
  });

  it('is unchanged when it only says what the server had filled in', async () => {
    const { sent, changed } = await apply(objectsWith({ spec: { progressDeadlineSeconds: 600 } }));
    expect({ sent, changed }).toEqual({ sent: ['PATCH 200'], changed: [] });
  });

  it('is refused in the words of the dry-run, and nothing is applied', async () => {
    const failure = apply(objectsWith({ data: { 'no key': 'x' } }));
    await expect(failure).rejects.toThrow(ApplyError);
    await expect(failure).rejects.toThrow(/^ConfigMap\/test-\d+\/a dry-run failed \(Invalid\): /);
    expect((await rig.client.get(ref('v1', 'ConfigMap', ns, 'a')))?.['data']).toEqual({ k: 'v' });
  });

  it('is recreated when it is forced and its field is immutable', async () => {
    const selector = { matchLabels: { app: 'other' } };
    const template = {
      metadata: { labels: { app: 'other' } },
      spec: { containers: [{ name: 'main', image: 'registry.test/app:1' }] },
    };
    const { changed } = await apply(objectsWith({ spec: { selector, template } }), { force: true });
    expect(changed).toEqual(['d created']);
  });
});

describe('dry-runs come first', () => {
  it('where two objects are declared in another way', async () => {
    const objects = objectsWith({ data: { k: 'new' }, spec: { replicas: 2 } });
    const { sent, changed } = await apply(objects);
    expect(changed).toEqual(['a configured', 'd configured']);
    expect(sent.toSorted()).toEqual(['GET 200', 'GET 200', ...Array<string>(4).fill('PATCH 200')]);
  });

  it('where an object is new', async () => {
    const { sent, changed } = await apply(objectsWith({ more: [configMap(ns, 'new', {})] }));
    expect({ sent, changed }).toEqual({ sent: ['PATCH 201', 'PATCH 201'], changed: ['new created'] });
  });

  it('where somebody has written the object meanwhile', async () => {
    const patch = { type: 'merge', body: { data: { k: 'by hand' } } } as const;
    await rig.client.patch(ref('v1', 'ConfigMap', ns, 'a'), patch, { fieldManager: 'kubectl-edit' });
    await watchTold({ rig, watch, ns, suspects }, 'ConfigMap');
    const { sent, changed } = await apply(objectsWith({ data: { k: 'new' } }));
    expect(changed).toEqual(['a configured']);
    expect(sent.slice(0, 2)).toEqual(['PATCH 200', 'GET 200']);
  });
});
