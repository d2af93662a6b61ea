import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '@flotilla/hub/rollouts/domain/report';
import { RolloutDueStore } from '@flotilla/hub/rollouts/rollout-due.store';
import type { Wanted } from '@flotilla/hub/rollouts/rollout-due.store';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';
import type { ApiHub } from './api-hub.js';
import { startApiHub } from './api-hub.js';
import { kustomization, seedObjects } from './api-seed.js';
import { RolloutRig, source } from './rollout-rig.js';

let api: ApiHub;
let rig: RolloutRig;
let rollout: string;

beforeAll(async () => {
  api = await startApiHub(await sharedPostgres());
  rig = new RolloutRig(api);
  for (const env of ['prod', 'lab']) {
    await rig.environment(env);
    await rig.cluster(env, { env }, 'a1');
  }
  const other = { apiVersion: '', kind: 'GitRepository', namespace: 'flux-system', name: 'other' };
  await seedObjects(api, id('prod'), [kustomization('elsewhere', 'a1', { source: other })]);
  rollout = await rig.start('prod', 'b2');
  await rig.look(rollout);
});
afterAll(() => api.stop());

const id = (cluster: string) => rig.clusters.get(cluster)!;
const built = (cluster: string, name: string): Report => ({
  about: 'built',
  clusterId: id(cluster),
  namespace: 'flux-system',
  name,
});

async function due(wanted: Partial<Wanted>): Promise<readonly string[]> {
  const nothing = { reported: [], changed: [], rollouts: [], everything: false };
  const store = api.hub.app.get(RolloutDueStore, { strict: false });
  const found = await store.find(api.database.manager, { ...nothing, ...wanted });
  return found.map((one) => one.id);
}

describe('a rollout that waits for reports', () => {
  it.each<[string, () => Partial<Wanted>]>([
    ['its source', () => ({ reported: [{ about: 'source', clusterId: id('prod'), source }] })],
    ['what is built from its source', () => ({ reported: [built('prod', 'apps')] })],
    ['a crowd of objects', () => ({ reported: [{ about: 'cluster', clusterId: id('prod') }] })],
    ['its cluster', () => ({ changed: [id('prod')] })],
    ['the rollout itself', () => ({ rollouts: [rollout] })],
    ['nobody knows what', () => ({ everything: true })],
  ])('is looked at after news of %s', async (_what, wanted) => {
    expect(await due(wanted())).toEqual([rollout]);
  });

  it.each<[string, () => Partial<Wanted>]>([
    ['nothing', () => ({})],
    [
      'another source',
      () => ({
        reported: [{ about: 'source', clusterId: id('prod'), source: { ...source, name: 'other' } }],
      }),
    ],
    ['what is built from another source', () => ({ reported: [built('prod', 'elsewhere')] })],
    ['what is not there', () => ({ reported: [built('prod', 'nothing')] })],
    ['its source on another cluster', () => ({ reported: [built('lab', 'apps')] })],
    ['another cluster', () => ({ changed: [id('lab')] })],
  ])('is not looked at after news of %s', async (_what, wanted) => {
    expect(await due(wanted())).toEqual([]);
  });

  it('is looked at although its time is far away, when the clock has been put back', async () => {
    api.clock.advance(-3_600_000);
    const { database, clock } = api;
    await waitFor('another time', async () => {
      const rows: { at: Date }[] = await database.query('SELECT wake_at AS at FROM rollouts WHERE id = $1', [
        rollout,
      ]);
      return rows[0]!.at.getTime() <= clock.now().getTime() + 60_000;
    });
  });
});
