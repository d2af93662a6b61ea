import { formatRef, type KubeObject } from '@flotilla/common/kube/object';
import { OwnedObjectWatch } from '@flotilla/agent/ssa/drift/owned-object-watch';
import { createFakeClock } from '@flotilla/agent/runtime/fake-clock';
import { silentLogger } from '@flotilla/agent/runtime/logger';
import { seenObjects } from '@flotilla/agent/ssa/drift/seen-object';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../servers/wait-for.js';
import {
  actions,
  configMap,
  crd,
  deployment,
  group,
  ref,
  startEngineRig,
  type EngineRig,
} from './engine-rig.js';
import { watchTold } from './watch-told.js';

let rig: EngineRig;
let ns: string;
let watch: OwnedObjectWatch;
/** `owner Kind/namespace/name` of every suspicion. */
let suspects: string[];

beforeAll(async () => {
  rig = await startEngineRig('drift');
});
afterAll(() => rig?.stop());
beforeEach(async () => {
  ns = await rig.namespace();
  suspects = [];
  watch = new OwnedObjectWatch({
    client: rig.client,
    ownerGroup: group,
    onSuspect: (owner, suspect) => suspects.push(`${owner.name} ${formatRef(suspect)}`),
    logger: silentLogger,
  });
});
afterEach(() => watch.stop());

const apps = { namespace: 'flux-system', name: 'apps' };

/** Applies and tells the watch, as a reconciler does. */
async function applied(...objects: KubeObject[]) {
  watch.hold(apps);
  const changes = await rig.apply(objects);
  watch.expect(apps, seenObjects(changes.entries));
  return changes;
}

const settled = (kind: 'ConfigMap' | 'Deployment' = 'ConfigMap') =>
  watchTold({ rig, watch, ns, suspects }, kind);
const suspected = (what: string) =>
  waitFor(`a suspicion of ${what}; got ${suspects.join(', ')}`, () => suspects.includes(what), {
    timeoutMs: 10_000,
    intervalMs: 5,
  });
const edit = (kind: string, name: string, body: Record<string, unknown>, apiVersion = 'v1') =>
  rig.client.patch(
    ref(apiVersion, kind, ns, name),
    { type: 'merge', body },
    { fieldManager: 'kubectl-edit' },
  );

describe('foreign changes that raise a suspicion', () => {
  it.each<[string, () => KubeObject, () => Promise<unknown>]>([
    [
      'the data of a ConfigMap',
      () => configMap(ns, 'o', { k: 'v' }),
      () => edit('ConfigMap', 'o', { data: { k: 'edited' } }),
    ],
    [
      'the replicas of a Deployment',
      () => deployment(ns, 'o'),
      () => edit('Deployment', 'o', { spec: { replicas: 5 } }, 'apps/v1'),
    ],
    [
      'an annotation of a Deployment',
      () => deployment(ns, 'o'),
      () => edit('Deployment', 'o', { metadata: { annotations: { a: 'b' } } }, 'apps/v1'),
    ],
    [
      'the owner label is removed',
      () => configMap(ns, 'o', {}),
      () => edit('ConfigMap', 'o', { metadata: { labels: { [`${group}/name`]: null } } }),
    ],
    [
      'another owner is written into the label',
      () => deployment(ns, 'o'),
      () => edit('Deployment', 'o', { metadata: { labels: { [`${group}/name`]: 'other' } } }, 'apps/v1'),
    ],
    [
      'it is deleted',
      () => deployment(ns, 'o'),
      () => rig.client.delete(ref('apps/v1', 'Deployment', ns, 'o')),
    ],
  ])('%s', async (_, object, change) => {
    const kind = object().kind as 'ConfigMap' | 'Deployment';
    await applied(object());
    await settled(kind);
    expect(suspects).toEqual([]);
    await change();
    await suspected(`apps ${kind}/${ns}/o`);
    watch.hold(apps);
    const changes = await rig.apply([object()]);
    expect(changes.entries[0]?.action).toMatch(/^(configured|created)$/);
    watch.update(apps, seenObjects(changes.entries));
    suspects = [];
    await settled(kind);
    expect(suspects).toEqual([]);
  });

  it('a change that came while the owner was applied, before the watch knew the object', async () => {
    await applied(configMap(ns, 'first', {}));
    watch.hold(apps);
    const changes = await rig.apply([configMap(ns, 'first', {}), configMap(ns, 'o', { k: 'v' })]);
    await edit('ConfigMap', 'o', { data: { k: 'edited' } });
    await settled();
    expect(suspects).toEqual([]);
    watch.expect(apps, seenObjects(changes.entries));
    await suspected(`apps ConfigMap/${ns}/o`);
    expect(suspects).toEqual([`apps ConfigMap/${ns}/o`]);
  });

  it('a change from before the watch began, as after a restart', async () => {
    const changes = await rig.apply([
      configMap(ns, 'o', { k: 'v' }),
      configMap(ns, 'p', {}),
      deployment(ns, 'd'),
    ]);
    await edit('ConfigMap', 'o', { data: { k: 'edited' } });
    await rig.client.delete(ref('apps/v1', 'Deployment', ns, 'd'));
    watch.expect(apps, JSON.parse(JSON.stringify(seenObjects(changes.entries))));
    await suspected(`apps ConfigMap/${ns}/o`);
    await suspected(`apps Deployment/${ns}/d`);
    expect(suspects).toHaveLength(2);
  });
});

describe('changes that raise none', () => {
  it('the status of a Deployment', async () => {
    await applied(deployment(ns, 'o'));
    await rig.client.patch(
      ref('apps/v1', 'Deployment', ns, 'o'),
      { type: 'merge', body: { status: { replicas: 1, observedGeneration: 1 } } },
      { subresource: 'status' },
    );
    await settled('Deployment');
    expect(suspects).toEqual([]);
  });

  it('own writes and prunes', async () => {
    await applied(configMap(ns, 'o', { k: '1' }), configMap(ns, 'p', {}));
    for (const k of ['2', '3', '4']) await applied(configMap(ns, 'o', { k }), configMap(ns, 'p', {}));
    watch.hold(apps);
    const changes = await rig.apply([configMap(ns, 'o', { k: '4' })]);
    await rig.engine.deleteAll([ref('v1', 'ConfigMap', ns, 'p')], {
      owner: rig.owner,
      signal: AbortSignal.timeout(10_000),
    });
    watch.expect(apps, seenObjects(changes.entries));
    await settled();
    expect(suspects).toEqual([]);
  });

  it('the end of an object that ends by itself; who asks is told to look at it', async () => {
    const { entries } = await applied(configMap(ns, 'job', {}), configMap(ns, 'o', { k: 'v' }));
    watch.expect(
      apps,
      // Kubernetes 1.20 does not keep ttlSecondsAfterFinished of a Job.
      seenObjects(entries).map((seen) => (seen.ref.name === 'job' ? { ...seen, endsByItself: true } : seen)),
    );
    const job = ref('v1', 'ConfigMap', ns, 'job');
    await settled();
    expect(watch.untouched(apps, job)).toMatchObject({ endsByItself: true });

    await rig.client.delete(job);
    await edit('ConfigMap', 'o', { data: { k: 'edited' } });
    await suspected(`apps ConfigMap/${ns}/o`);
    await settled();
    expect(suspects).toEqual([`apps ConfigMap/${ns}/o`]);
    expect(watch.untouched(apps, job)).toBeUndefined();
  });

  it('objects of an owner that is forgotten', async () => {
    await applied(configMap(ns, 'o', { k: '1' }));
    watch.forget(apps);
    await edit('ConfigMap', 'o', { data: { k: 'edited' } });
    await settled();
    expect(suspects).toEqual([]);
  });
});

describe('an object that some controller writes again and again', () => {
  it('is verified less and less often, and at once again after a drift', async () => {
    const clock = createFakeClock();
    const told: string[] = [];
    const patient = new OwnedObjectWatch({
      client: rig.client,
      ownerGroup: group,
      logger: silentLogger,
      clock,
      onSuspect: (_, suspect) => told.push(suspect.name),
    });
    const verify = async () => {
      const changes = await rig.apply([configMap(ns, 'noisy', { k: 'v' })]);
      patient.update(apps, seenObjects(changes.entries));
    };
    const renew = (data: Record<string, string>) =>
      rig.client.patch(
        ref('v1', 'ConfigMap', ns, 'noisy'),
        { type: 'merge', body: { data } },
        { fieldManager: 'elector' },
      );
    /** Lets timers up to this age run until the watch has told; gives how many were told. */
    const toldWithin = async (ms: number) => {
      await waitFor('a timer', () => clock.pending > 0, { intervalMs: 2 });
      await clock.advance(ms);
      return told.splice(0).length;
    };
    try {
      await verify();
      for (const [renewedAt, ms] of [
        ['1', 5],
        ['2', 5],
        ['3', 5],
      ] as const) {
        await renew({ renewedAt });
        expect(await toldWithin(ms)).toBe(1);
        await verify();
      }
      await renew({ renewedAt: '4' });
      expect(await toldWithin(400)).toBe(0);
      expect(await toldWithin(105)).toBe(1);
      await renew({ k: 'edited' });
      await verify();
      await renew({ renewedAt: '5' });
      expect(await toldWithin(5)).toBe(1);
    } finally {
      await patient.stop();
    }
  });
});

describe('the watches', () => {
  it('are one a kind, and end when nobody has objects of the kind', async () => {
    await applied(configMap(ns, 'a', {}), configMap(ns, 'b', {}), deployment(ns, 'd'));
    expect(
      watch
        .watchedTypes()
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(['ConfigMap', 'Deployment']);
    await applied(configMap(ns, 'a', {}));
    expect(watch.watchedTypes().map(({ kind }) => kind)).toEqual(['ConfigMap']);
    watch.forget(apps);
    expect(watch.watchedTypes()).toEqual([]);
  });

  it('see what happened while the API server was away', async () => {
    await applied(configMap(ns, 'o', { k: 'v' }));
    await settled();
    await rig.plane.restartApiserver();
    await edit('ConfigMap', 'o', { data: { k: 'edited' } });
    await suspected(`apps ConfigMap/${ns}/o`);
  });

  it('live through a kind that goes and comes back', async () => {
    const boat: KubeObject = {
      apiVersion: 'drift.test/v1',
      kind: 'Boat',
      metadata: { name: 'b', namespace: ns },
      spec: { size: 1 },
    };
    const boats = crd('drift.test', 'Boat');
    await rig.apply([boats]);
    await applied(boat);
    await rig.client.delete({ apiVersion: boats.apiVersion, kind: boats.kind, name: boats.metadata.name });
    await suspected(`apps Boat/${ns}/b`);
    await waitFor(
      'the CRD to be gone',
      async () =>
        !(await rig.client.get({
          apiVersion: boats.apiVersion,
          kind: boats.kind,
          name: boats.metadata.name,
        })),
    );
    await rig.apply([boats]);
    expect(actions(await applied(boat))).toEqual(['Boat/b created']);
    suspects = [];
    await edit('Boat', 'b', { spec: { size: 2 } }, 'drift.test/v1');
    await suspected(`apps Boat/${ns}/b`);
  });
});
