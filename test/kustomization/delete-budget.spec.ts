import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMap, type Files, KustomizationRig, ready } from './kustomization-rig.js';

let rig: KustomizationRig;
beforeAll(async () => {
  rig = await KustomizationRig.start();
  await rig.startController();
});
afterAll(async () => rig?.stop());

const approval = 'fleet.flotilla.dev/approve-deletion';

function files(namespace: string, count: number): Files {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`apps/c-${i}.yaml`, configMap(namespace, `c-${i}`)]),
  );
}

async function existing(namespace: string): Promise<number> {
  const all = await rig.client.list({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace });
  return all.items.filter(({ metadata }) => metadata.name.startsWith('c-')).length;
}

/** A Kustomization of `count` ConfigMaps that is ready. */
async function applied(count: number): Promise<string> {
  const ns = await rig.namespace();
  await rig.publish(ns, 'fleet', 'main@sha1:1', files(ns, count));
  await rig.kustomization(ns, 'apps', { path: './apps', retryInterval: '1h' });
  await rig.untilReady(ns, 'apps', 'main@sha1:1');
  return ns;
}

describe('the delete budget', () => {
  it('stops a prune above it before the first deletion, until exactly this list is approved', async () => {
    const ns = await applied(20);
    await rig.publish(ns, 'fleet', 'main@sha1:2', files(ns, 5));

    const stopped = await rig.untilReason(ns, 'apps', 'DeleteBudgetExceeded');
    expect(ready(stopped)?.message).toContain(
      '15 of 20 objects would be deleted, the delete budget allows 10',
    );
    expect(ready(stopped)?.message).toContain(`ConfigMap/${ns}/c-19`);
    expect(stopped.status?.lastAppliedRevision).toBe('main@sha1:1');
    expect(stopped.status?.inventory?.entries).toHaveLength(20);
    expect(await existing(ns)).toBe(20);

    await rig.patch(ns, 'apps', { metadata: { annotations: { [approval]: 'f'.repeat(64) } } });
    await rig.request(ns, 'apps');
    expect(await existing(ns)).toBe(20);

    const digest = new RegExp(`${approval}: ([0-9a-f]{64})`).exec(ready(stopped)?.message ?? '')?.[1];
    await rig.patch(ns, 'apps', { metadata: { annotations: { [approval]: digest } } });
    const done = await rig.untilReady(ns, 'apps', 'main@sha1:2');
    expect(done.status?.inventory?.entries).toHaveLength(5);
    expect(await existing(ns)).toBe(5);
  });

  it('counts an emptied folder', async () => {
    const ns = await applied(12);
    await rig.publish(ns, 'fleet', 'main@sha1:2', { 'apps/README.md': 'nothing here any more' });
    await rig.untilReason(ns, 'apps', 'DeleteBudgetExceeded');
    expect(await existing(ns)).toBe(12);
  });

  it('lets a prune within it pass', async () => {
    const ns = await applied(12);
    await rig.publish(ns, 'fleet', 'main@sha1:2', files(ns, 2));
    await rig.untilReady(ns, 'apps', 'main@sha1:2');
    expect(await existing(ns)).toBe(2);
  });

  it('does not count what another Kustomization has taken over meanwhile, nor what is gone already', async () => {
    const ns = await applied(24);
    // Two that want the same objects would fight for them.
    await rig.patch(ns, 'apps', { spec: { suspend: true } });
    await rig.request(ns, 'apps');
    await rig.publish(ns, 'others', 'main@sha1:1', files(ns, 12));
    const sourceRef = { kind: 'GitRepository', name: 'others' };
    await rig.kustomization(ns, 'others', { path: './apps', sourceRef });
    await rig.untilReady(ns, 'others', 'main@sha1:1');
    await rig.client.delete({ apiVersion: 'v1', kind: 'ConfigMap', namespace: ns, name: 'c-12' });

    const rest = Object.entries(files(ns, 24)).filter(([file]) => /c-(?:2\d|19|18)\./.test(file));
    await rig.publish(ns, 'fleet', 'main@sha1:2', Object.fromEntries(rest));
    await rig.patch(ns, 'apps', { spec: { suspend: false } });

    const done = await rig.untilReady(ns, 'apps', 'main@sha1:2');
    expect(done.status?.inventory?.entries).toHaveLength(6);
    expect(await existing(ns)).toBe(18);
  });
});
