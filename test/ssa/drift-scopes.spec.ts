import { formatRef } from '@flotilla/common/kube/object';
import type { KubeClient } from '@flotilla/agent/kube/client';
import { silentLogger } from '@flotilla/agent/runtime/logger';
import { OwnedObjectWatch } from '@flotilla/agent/ssa/drift/owned-object-watch';
import { seenObjects } from '@flotilla/agent/ssa/drift/seen-object';
import type { WatchScope } from '@flotilla/agent/ssa/drift/watch-scope';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../servers/wait-for.js';
import { configMap, deployment, group, ref, startEngineRig, type EngineRig } from './engine-rig.js';

const apps = { namespace: 'flux-system', name: 'apps' };
const watchRights = [
  { apiGroups: ['', 'apps'], resources: ['configmaps', 'deployments'], verbs: ['list', 'watch'] },
];
const rbac = 'rbac.authorization.k8s.io';

let rig: EngineRig;
let ns: string;
let watch: OwnedObjectWatch;
let suspects: string[];

beforeAll(async () => {
  rig = await startEngineRig('drift-scopes');
  for (const user of ['cluster-wide', 'in-namespace']) await mayWatch(user);
});
afterAll(() => rig?.stop());
beforeEach(async () => {
  ns = await rig.namespace();
  suspects = [];
});
afterEach(() => watch.stop());

/** Makes a role of the name, and binds it for the whole cluster where the name says so. */
async function mayWatch(user: string): Promise<void> {
  const role = {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name: user },
    rules: watchRights,
  };
  await rig.client.create(role);
  if (user === 'cluster-wide') await bind('ClusterRoleBinding', user);
}

async function bind(
  kind: 'ClusterRoleBinding' | 'RoleBinding',
  user: string,
  namespace?: string,
): Promise<void> {
  await rig.client.create({
    apiVersion: `${rbac}/v1`,
    kind,
    metadata: { name: user, ...(namespace ? { namespace } : {}) },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: user },
    subjects: [{ apiGroup: rbac, kind: 'User', name: user }],
  });
}

function watchAs(agent: KubeClient, applier: string): OwnedObjectWatch {
  const as = rig.client.impersonate(applier);
  return new OwnedObjectWatch({
    client: agent,
    scopesOf(_, namespace) {
      const own: WatchScope = { id: '', client: agent };
      const everywhere: WatchScope = { id: applier, client: as };
      if (namespace === undefined) return [own, everywhere];
      return [own, everywhere, { ...everywhere, id: `${applier} ${namespace}`, namespace }];
    },
    ownerGroup: group,
    logger: silentLogger,
    onSuspect: (_, suspect) => suspects.push(formatRef(suspect)),
  });
}

describe('drift where the agent itself may not see the objects', () => {
  it.each([
    ['as the agent, where the agent may', 'admin', 'nobody', 2],
    ['as the one who applies, in the whole cluster', 'nobody', 'cluster-wide', 2],
    ['as the one who applies, in the namespaces that are theirs', 'nobody', 'in-namespace', 3],
  ])('is watched %s', async (_, agent, applier, watches) => {
    const client = agent === 'nobody' ? rig.client.impersonate('nobody') : rig.client;
    watch = watchAs(client, applier);
    const other = await rig.namespace();
    if (applier === 'in-namespace') for (const each of [ns, other]) await bind('RoleBinding', applier, each);
    const objects = [configMap(ns, 'o', { k: 'v' }), configMap(other, 'o', { k: 'v' }), deployment(ns, 'd')];
    watch.hold(apps);
    const seen = seenObjects((await rig.apply(objects)).entries);
    watch.expect(apps, seen);
    await waitFor('the watches', () => watch.versions(apps) !== undefined);
    expect(watch.watchedTypes()).toHaveLength(watches);
    expect(suspects).toEqual([]);

    const edit = { type: 'merge', body: { data: { k: 'edited' } } } as const;
    await rig.client.patch(ref('v1', 'ConfigMap', other, 'o'), edit);
    await rig.client.delete(ref('apps/v1', 'Deployment', ns, 'd'));
    await waitFor('suspicions', () => suspects.length === 2);
    expect(suspects.toSorted()).toEqual([`ConfigMap/${other}/o`, `Deployment/${ns}/d`]);
    // What is known of the scopes counts for the next object at once.
    watch.update(apps, seenObjects((await rig.apply([configMap(ns, 'late', {})])).entries));
    expect(watch.watchedTypes()).toHaveLength(watches);
  });

  it('vouches for nothing where nobody may watch, so that each interval compares', async () => {
    watch = watchAs(rig.client.impersonate('nobody'), 'nobody');
    const seen = seenObjects((await rig.apply([configMap(ns, 'o', { k: 'v' })])).entries);
    watch.expect(apps, seen);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(watch.versions(apps)).toBeUndefined();
    expect(watch.settled(apps, seen[0]!.ref, seen[0]!.desired!)).toBeUndefined();
  });

  it('sees what was changed while the scope was found', async () => {
    watch = watchAs(rig.client.impersonate('nobody'), 'in-namespace');
    await bind('RoleBinding', 'in-namespace', ns);
    const seen = seenObjects(
      (await rig.apply([configMap(ns, 'o', { k: 'v' }), configMap(ns, 'p', {})])).entries,
    );
    await rig.client.delete(ref('v1', 'ConfigMap', ns, 'o'));
    watch.expect(apps, seen);
    await waitFor('a suspicion', () => suspects.length > 0);
    expect(suspects).toEqual([`ConfigMap/${ns}/o`]);
  });
});
