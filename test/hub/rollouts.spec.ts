import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import type { ApiHub } from './api-hub.js';
import { startApiHub } from './api-hub.js';
import { condition, failedBuild, revisionOf } from './api-seed.js';
import type { RolloutAnswer } from './rollout-rig.js';
import { call, picture, RolloutRig } from './rollout-rig.js';

let api: ApiHub;
let rig: RolloutRig;
let environments = 0;
let env: string;
const old = 'a1';
const bad = 'b2';

beforeAll(async () => {
  api = await startApiHub(await sharedPostgres());
});
afterAll(() => api.stop());
beforeEach(async () => {
  environments += 1;
  env = `env-${environments}`;
  rig = new RolloutRig(api);
  await rig.environment(env);
});

const name = (short: string) => `${env}-${short}`;

async function clusters(...shorts: readonly string[]): Promise<void> {
  for (const short of shorts) await rig.cluster(name(short), { env, ring: short }, old);
}

const canary = { waves: [{ name: 'canary', selector: { matchLabels: { ring: 'a' } } }] };

describe('a rollout', () => {
  it('goes from wave to wave as agents report', async () => {
    await clusters('a', 'b', 'c');
    const id = await rig.start(env, bad, {}, canary);
    await rig.look(id);
    expect(await picture(api, id)).toBe(
      `Running ${name('a')}=Moving ${name('b')}=Pending ${name('c')}=Pending`,
    );
    expect(await rig.pin(name('a'))).toBe(revisionOf(bad));
    expect(await rig.pin(name('b'))).toBeNull();

    await rig.reports(name('a'), bad);
    await rig.look(id);
    expect(await picture(api, id)).toBe(`Running ${name('a')}=Done ${name('b')}=Moving ${name('c')}=Moving`);
    await rig.reports(name('b'), bad);
    await rig.reports(name('c'), bad);
    await rig.look(id);
    const { body } = await call<RolloutAnswer>(api, 'GET', `/api/v1/rollouts/${id}`);
    expect(body).toMatchObject({
      state: 'Succeeded',
      reason: '3 of 3 clusters done',
      waves: [
        { name: 'canary', state: 'Done' },
        { name: 'rest', state: 'Done' },
      ],
    });
  });

  it('stops at the canary that fails: it goes back to its own revision, the revision is vetoed, nobody follows', async () => {
    await clusters('a', 'b');
    const id = await rig.start(env, 'dead1', {}, canary);
    await rig.look(id);
    await rig.reports(name('a'), 'dead1', failedBuild(old, 'dead1'));
    await rig.look(id);
    expect(await picture(api, id)).toBe(`RollingBack ${name('a')}=RollingBack ${name('b')}=Skipped`);
    expect(await rig.pin(name('a'))).toBe(revisionOf(old));
    expect(await rig.pin(name('b'))).toBeNull();
    await rig.reports(name('a'), old);
    await rig.look(id);
    const { body } = await call<RolloutAnswer>(api, 'GET', `/api/v1/rollouts/${id}`);
    expect(body.state).toBe('RolledBack');
    expect(body.reason).toContain('kustomize build failed: no such file');
    await expect(rig.start(env, 'dead1')).rejects.toThrow(/is vetoed/);
  });

  it.each<
    [
      sentence: string,
      commit: string,
      change: Parameters<RolloutRig['reports']>[2],
      state: string,
      message: RegExp,
    ]
  >([
    [
      'unhealthy objects at the revision',
      'c1',
      { conditions: [condition('Ready', 'False', 'HealthCheckFailed', 'deploy x')] },
      'Failed',
      /apps: deploy x/,
    ],
    [
      'a build that goes on',
      'c2',
      { conditions: [condition('Ready', 'Unknown', 'Progressing', 'building')], revision: revisionOf(old) },
      'Moving',
      /building/,
    ],
    [
      'a dependency that it waits for',
      'c3',
      {
        conditions: [condition('Ready', 'False', 'DependencyNotReady', 'db is not ready')],
        revision: revisionOf(old),
      },
      'Moving',
      /db is not ready/,
    ],
    ['a failed build of an earlier commit', 'c4', failedBuild(old, 'e5'), 'Moving', /no such file/],
    [
      'a suspended object beside',
      'c5',
      { suspended: true, revision: revisionOf(old) },
      'Done',
      /1 suspended object .* left out/,
    ],
    ['a spec that nobody has seen yet', 'c6', { generation: 7n }, 'Moving', /apps/],
  ])('judges %s', async (_sentence, commit, change, state, message) => {
    await clusters('a');
    const id = await rig.start(env, commit, {}, { onFailure: 'pause' });
    await rig.look(id);
    await rig.reports(name('a'), commit, change);
    await rig.look(id);
    const { body } = await call<RolloutAnswer>(api, 'GET', `/api/v1/rollouts/${id}`);
    expect(body.members).toMatchObject([{ state, message: expect.stringMatching(message) }]);
  });

  it('retries exactly the failed set with the same revision, as attempt 2', async () => {
    await clusters('a', 'b');
    const id = await rig.start(env, 'f1', {}, { onFailure: 'pause' });
    await rig.look(id);
    await rig.reports(name('a'), 'f1', failedBuild(old, 'f1'));
    await rig.reports(name('b'), 'f1');
    await rig.look(id);
    expect(await picture(api, id)).toBe(`Paused ${name('a')}=Failed ${name('b')}=Done`);
    const retry = await call<RolloutAnswer>(api, 'POST', `/api/v1/rollouts/${id}/retry-failed`, {
      reason: 'fixed the disk',
    });
    expect(retry.status).toBe(200);
    await rig.look(id);
    // What it said before the retry says nothing about the new attempt.
    expect(await picture(api, id)).toBe(`Running ${name('a')}=Moving ${name('b')}=Done`);
    const pins: { reason: string }[] = await api.database.query(
      'SELECT reason FROM pins WHERE rollout_id = $1 ORDER BY reason',
      [id],
    );
    expect(pins.map(({ reason }) => reason)).toEqual([
      `rollout ${id} of release web-1, wave rest`,
      `rollout ${id} of release web-1, wave rest, attempt 2`,
    ]);
    const intents = await call<{ items: object[] }>(api, 'GET', `/api/v1/intents?cluster=${name('a')}`);
    expect(intents.body.items).toMatchObject([
      { action: 'reconcile', object: { kind: 'Kustomization', name: 'apps' }, requestedBy: `rollout/${id}` },
    ]);
    await rig.reports(name('a'), 'f1');
    await rig.look(id);
    expect(await picture(api, id)).toBe(`Succeeded ${name('a')}=Done ${name('b')}=Done`);
  });

  it('leaves out a cluster that is offline, and lets it catch up when it returns after the end', async () => {
    await clusters('a', 'b');
    api.clock.advance(120_000);
    await rig.confirm(name('a'));
    const id = await rig.start(env, 'f2');
    await rig.look(id);
    expect(await picture(api, id)).toBe(`Running ${name('a')}=Moving ${name('b')}=Deferred`);
    expect(await rig.pin(name('b'))).toBeNull();
    await rig.reports(name('a'), 'f2');
    await rig.look(id);
    expect(await picture(api, id)).toBe(`Succeeded ${name('a')}=Done ${name('b')}=Deferred`);
    await rig.reports(name('b'), old);
    await rig.look(id);
    expect(await rig.pin(name('b'))).toBe(revisionOf('f2'));
    await rig.reports(name('b'), 'f2');
    await rig.look(id);
    expect(await picture(api, id)).toBe(`Succeeded ${name('a')}=Done ${name('b')}=Done`);
  });

  it('does not begin a frozen cluster, and says until when', async () => {
    await clusters('a');
    await call(api, 'PUT', '/api/v1/apply', {
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'Freeze',
      metadata: { name: env },
      spec: { scope: { cluster: name('a') }, reason: 'audit', until: '2027-01-01T00:00:00Z' },
    });
    const id = await rig.start(env, 'f3');
    await rig.look(id);
    const { body } = await call<RolloutAnswer>(api, 'GET', `/api/v1/rollouts/${id}`);
    expect(body.members).toMatchObject([
      { state: 'Pending', message: `frozen by "${env}" until 2027-01-01T00:00:00.000Z: audit` },
    ]);
    expect(await rig.pin(name('a'))).toBeNull();
  });

  it('tells a cluster that has the revision already to stay there, and is done with it', async () => {
    await clusters('a');
    const id = await rig.start(env, old);
    await rig.look(id);
    expect(await picture(api, id)).toBe(`Succeeded ${name('a')}=Done`);
    expect(await rig.pin(name('a'))).toBe(revisionOf(old));
  });

  it('only watches clusters that follow their ref', async () => {
    await clusters('a');
    const id = await rig.start(env, 'f4', { delivery: 'follow' });
    await rig.look(id);
    expect(await rig.pin(name('a'))).toBeNull();
    await rig.reports(name('a'), 'f4');
    await rig.look(id);
    expect(await picture(api, id)).toBe(`Succeeded ${name('a')}=Done`);
    expect((await call(api, 'POST', `/api/v1/rollouts/${id}/rollback`, {})).status).toBe(409);
  });

  it('is found by people and refuses what its state does not allow', async () => {
    await clusters('a');
    const id = await rig.start(env, 'f5');
    const list = await call<{ items: { id: string }[] }>(api, 'GET', `/api/v1/rollouts?environment=${env}`);
    expect(list.body.items.map((item) => item.id)).toEqual([id]);
    expect((await call(api, 'POST', `/api/v1/rollouts/${id}/resume`, {})).body).toMatchObject({
      error: { code: 'Conflict', message: expect.stringContaining('resume needs Paused or Succeeded') },
    });
    expect((await call(api, 'POST', '/api/v1/rollouts/nope/pause', {})).status).toBe(404);
    await rig.look(id);
    await call(api, 'POST', `/api/v1/rollouts/${id}/abort`, { reason: 'wrong one' });
    const { body } = await call<RolloutAnswer>(api, 'GET', `/api/v1/rollouts/${id}`);
    expect(body).toMatchObject({
      state: 'Aborted',
      reason: 'aborted by admin-from-environment: wrong one',
      commands: ['rollback'],
    });
    const audit = await call<{ items: { action: string }[] }>(
      api,
      'GET',
      `/api/v1/audit?target=rollout/${id}`,
    );
    expect(audit.body.items.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['rollout.started', 'rollout.abort', 'rollout.aborted']),
    );
  });

  it.each([
    ['an environment without clusters', [], {}, /matches no cluster/],
    [
      'a wave whose selector finds none',
      ['a'],
      { waves: [{ name: 'x', selector: { matchLabels: { ring: 'no' } } }] },
      /wave "x" finds no cluster/,
    ],
    [
      'a wave after all are taken',
      ['a'],
      { waves: [{ name: 'x' }, { name: 'y', size: 1 }] },
      /wave "y" finds no cluster/,
    ],
  ] as const)('does not start in %s', async (_sentence, shorts, strategy, message) => {
    await clusters(...shorts);
    await expect(rig.start(env, 'f6', {}, strategy)).rejects.toThrow(message);
  });

  it('does not start beside another one of the same sources, and takes over from one that has ended', async () => {
    await clusters('a', 'b');
    api.clock.advance(120_000);
    await rig.confirm(name('a'));
    const first = await rig.start(env, 'f7');
    await rig.look(first);
    await expect(rig.start(env, 'f8')).rejects.toThrow(/is Running on the same sources/);
    await rig.reports(name('a'), 'f7');
    await rig.look(first);
    const second = await rig.start(env, 'f8');
    expect(await picture(api, first)).toBe(`Succeeded ${name('a')}=Done ${name('b')}=Dropped`);
    await rig.look(second);
    expect(await picture(api, second)).toBe(`Running ${name('a')}=Moving ${name('b')}=Deferred`);
  });

  it('of another environment takes over only the clusters that have come from there', async () => {
    const other = `${env}-other`;
    await rig.environment(other);
    await clusters('a', 'b');
    api.clock.advance(120_000);
    await rig.confirm(name('a'));
    const first = await rig.start(env, 'f9');
    await rig.look(first);
    await rig.reports(name('a'), 'f9');
    await rig.look(first);
    expect(await picture(api, first)).toBe(`Succeeded ${name('a')}=Done ${name('b')}=Deferred`);
    await api.database.query(
      `UPDATE clusters SET labels = jsonb_build_object('env', $2::text) WHERE name = $1`,
      [name('a'), other],
    );
    await rig.start(other, 'fa');
    await rig.confirm(name('b'));
    await rig.look(first);
    expect(await picture(api, first)).toBe(`Succeeded ${name('a')}=Dropped ${name('b')}=Moving`);
  });

  it('waits with a cluster that comes from another environment until the rollout there is over', async () => {
    const other = `${env}-other`;
    await rig.environment(other);
    await rig.cluster(`${other}-x`, { env: other }, old);
    await clusters('a');
    const there = await rig.start(other, old);
    await rig.look(there);
    const here = await rig.start(env, 'fb');
    await rig.look(here);
    expect(await picture(api, here)).toBe(`Running ${name('a')}=Moving`);
    await api.database.query(
      `UPDATE clusters SET labels = jsonb_build_object('env', $2::text) WHERE name = $1`,
      [name('a'), other],
    );
    await rig.look(there);
    expect(await picture(api, there)).toBe(`Succeeded ${other}-x=Done ${name('a')}=Deferred`);
    const { body } = await call<RolloutAnswer>(api, 'GET', `/api/v1/rollouts/${there}`);
    expect(body.members[1]?.message).toBe(`waits for rollout ${here} of environment ${env}`);
    await rig.reports(name('a'), 'fb');
    await rig.look(here);
    expect(await picture(api, here)).toBe(`Succeeded ${name('a')}=Done`);
    await rig.look(there);
    expect(await picture(api, there)).toBe(`Succeeded ${other}-x=Done ${name('a')}=Moving`);
  });

  it('takes in a cluster that joins after the end', async () => {
    await clusters('a');
    const id = await rig.start(env, old);
    await rig.look(id);
    await clusters('b');
    await rig.look(id);
    expect(await picture(api, id)).toBe(`Succeeded ${name('a')}=Done ${name('b')}=Done`);
    expect(await rig.pin(name('b'))).toBe(revisionOf(old));
  });
});
