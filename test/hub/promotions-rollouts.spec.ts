import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChangeFeed } from '@flotilla/hub/platform/changes/change-feed';
import type { PromotionView } from '@flotilla/hub/promotions/read-models/promotion-list';
import { ReleaseMaker } from '@flotilla/hub/releases/release-maker';
import { Rollouts } from '@flotilla/hub/rollouts/rollouts';
import { DataSource } from 'typeorm';
import { startTestHub } from '../servers/hub.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';
import type { ApiHub } from './api-hub.js';
import { startApiHub } from './api-hub.js';
import { failedBuild, revisionOf } from './api-seed.js';
import { document, pipeline } from './documents.js';
import { RolloutRig, source } from './rollout-rig.js';

const old = 'aaaa';
/** Who may approve is no matter of these tests, so that the admin's token does. */
const approval = { type: 'approval', authorMayApprove: true };
let api: ApiHub;
let rig: RolloutRig;
let web: string;
let dev: string;
let prod: string;
let runs = 0;

beforeEach(async () => {
  runs += 1;
  [web, dev, prod] = [`web-${runs}x`, `dev-${runs}`, `prod-${runs}`];
  rig = new RolloutRig(api);
  for (const name of [dev, prod]) {
    await rig.environment(name);
    await rig.cluster(`${name}-a`, { env: name }, old);
  }
});
beforeAll(async () => {
  api = await startApiHub(await sharedPostgres());
});
afterAll(() => api?.stop());

async function apply(...environments: (string | Record<string, unknown>)[]): Promise<void> {
  const body = { documents: [pipeline(web, environments, { releases: { automatic: false } })] };
  const answer = await api.ask('PUT', '/api/v1/apply', { body });
  expect(answer.statusCode, answer.body).toBe(200);
}

async function release(commit: string): Promise<void> {
  const maker = api.hub.app.get(ReleaseMaker, { strict: false });
  const url = 'https://git.example.com/org/fleet';
  const items = [{ source, url, revision: revisionOf(commit), digest: null, authors: [] }];
  const made = { pipeline: web, items, createdBy: 'hub', now: api.clock.now() };
  await api.database.transaction((manager) => maker.make(manager, made));
}

/** The newest promotion to an environment, once it has the state. */
function until(environment: string, state: string): Promise<PromotionView> {
  return waitFor(
    `${environment} to be ${state}`,
    async () => {
      const answer = await api.ask('GET', `/api/v1/promotions?pipeline=${web}&environment=${environment}`);
      const [one] = answer.json().items as PromotionView[];
      if (one && one.state !== state) throw new Error(JSON.stringify(one));
      return one;
    },
    { timeoutMs: 12_000 },
  );
}

/** The agent takes over what the hub asks, and says how it went. */
async function agentMoves(environment: string, commit: string, failed = false): Promise<void> {
  const name = `${environment}-a`;
  await waitFor(`a pin of ${name}`, async () => (await rig.pin(name)) === revisionOf(commit));
  await rig.reports(name, commit, failed ? failedBuild(old, commit) : {});
  const rows: { id: string }[] = await api.database.query(`SELECT id FROM rollouts WHERE environment = $1`, [
    environment,
  ]);
  for (const { id } of rows) await rig.look(id);
}

describe('with real rollouts', () => {
  it('a release goes through the environments', async () => {
    await apply(dev, { name: prod, gates: { before: [{ type: 'health' }, approval] } });
    await release('bbbb');
    const moving = await until(dev, 'RollingOut');
    expect(moving.rollout).toMatchObject({ state: expect.any(String), clusters: expect.any(Object) });
    // Which rollout it waits for, and how far that is, wherever it is told.
    const how = new RegExp(`^rollout ${moving.rollout?.id}: (wave rest \\(1 of 1\\), )?0 of 1 cluster done$`);
    expect(moving.waitingFor).toMatch(how);
    const { environments } = (await api.ask('GET', `/api/v1/pipelines/${web}`)).json();
    expect(environments[0].nextGate.message).toMatch(how);
    const { clusters } = (await api.ask('GET', `/api/v1/where/${revisionOf('bbbb').split(':')[1]}`)).json();
    const place = clusters.find((one: { cluster: string }) => one.cluster === `${dev}-a`).promotions[0];
    expect(place.waitingFor).toMatch(how);
    await agentMoves(dev, 'bbbb');
    expect((await until(dev, 'Promoted')).rollout).toMatchObject({ state: 'Succeeded', waves: 1 });
    const { id, gates } = await until(prod, 'Gating');
    expect(gates).toMatchObject([
      { name: 'health', phase: 'pass', message: `1 of 1 clusters of ${dev} are ready on ${web}-1` },
      { name: 'approval', phase: 'wait' },
      { name: 'freeze', phase: 'pass' },
    ]);
    await api.ask('POST', `/api/v1/promotions/${id}/approve`, { body: {} });
    await agentMoves(prod, 'bbbb');
    await until(prod, 'Promoted');
  });

  it('a promotion that has ended may be let pass a freeze while a cluster of it catches up', async () => {
    await rig.cluster(`${dev}-b`, { env: dev }, old);
    api.clock.advance(120_000);
    await rig.confirm(`${dev}-a`);
    await apply(dev);
    await release('bbbb');
    await until(dev, 'RollingOut');
    await agentMoves(dev, 'bbbb');
    const { id } = await until(dev, 'Promoted');
    const end = new Date(api.clock.now().getTime() + 3_600_000).toISOString();
    const spec = { scope: { environment: dev }, reason: 'sale', until: end };
    const freeze = `sale-${runs}`;
    await api.ask('PUT', '/api/v1/apply', { body: document('Freeze', freeze, spec) });
    const ask = () =>
      api.ask('POST', `/api/v1/freezes/${freeze}/break-glass`, { body: { promotion: id, reason: 'fix' } });
    expect((await ask()).json().breakGlass).toMatchObject([{ promotion: id, state: 'Requested' }]);
    await api.database.query('DELETE FROM clusters WHERE name = $1', [`${dev}-b`]);
    const rows: { id: string }[] = await api.database.query(
      'SELECT id FROM rollouts WHERE promotion_id = $1',
      [id],
    );
    await rig.look(rows[0]!.id);
    const over = await ask();
    expect([over.statusCode, over.json().error.message]).toEqual([
      409,
      `promotion "${id}" has ended: no freeze is in its way`,
    ]);
  });

  it('a pipeline that loses an environment or is deleted takes in nobody there any more', async () => {
    await apply(dev, { name: prod, after: [] });
    await release('bbbb');
    const rollouts: string[] = [];
    for (const name of [dev, prod]) {
      await until(name, 'RollingOut');
      await agentMoves(name, 'bbbb');
      const { rollout } = await until(name, 'Promoted');
      rollouts.push(rollout?.id ?? '');
    }
    await apply(prod);
    expect((await api.ask('DELETE', `/api/v1/pipelines/${web}`)).statusCode).toBe(204);
    for (const name of [dev, prod]) await rig.cluster(`${name}-b`, { env: name }, old);
    for (const id of rollouts) {
      await rig.look(id);
      const { superseded, members } = (await api.ask('GET', `/api/v1/rollouts/${id}`)).json();
      expect([superseded, members.length]).toEqual([true, 1]);
    }
  });

  it('a bad release goes back, is vetoed, and never comes to the next environment', async () => {
    await apply(dev, prod);
    await release('dead');
    await until(dev, 'RollingOut');
    await agentMoves(dev, 'dead', true);
    await agentMoves(dev, old);
    const { reason, rollout } = await until(dev, 'RolledBack');
    expect([rollout?.state, reason]).toEqual(['RolledBack', expect.stringContaining('no such file')]);
    const answer = await api.ask('POST', '/api/v1/promotions', {
      body: { pipeline: web, environment: dev, release: `${web}-1` },
    });
    expect([answer.statusCode, answer.json().error.message]).toEqual([
      409,
      expect.stringContaining('is vetoed'),
    ]);
    expect((await api.ask('GET', `/api/v1/promotions?environment=${prod}`)).json().total).toBe(0);
  });

  it('a rejection after the rollout brings the clusters back', async () => {
    await apply({ name: dev, gates: { after: [{ type: 'approval' }] } });
    await release('bbbc');
    await until(dev, 'RollingOut');
    await agentMoves(dev, 'bbbc');
    const { id } = await until(dev, 'Verifying');
    const body = { reason: 'numbers look wrong' };
    expect((await api.ask('POST', `/api/v1/promotions/${id}/reject`, { body })).json().state).toBe(
      'RollingBack',
    );
    await agentMoves(dev, old);
    const { reason } = await until(dev, 'RolledBack');
    expect(reason).toBe('rejected by admin-from-environment: numbers look wrong');
  });

  it('a retry of what failed is the same promotion again', async () => {
    await apply({ name: dev, rollout: { onFailure: 'abort', veto: false } });
    await release('bbbd');
    await until(dev, 'RollingOut');
    await agentMoves(dev, 'bbbd', true);
    const failed = await until(dev, 'Failed');
    const retry = await api.ask('POST', `/api/v1/rollouts/${failed.rollout?.id}/retry-failed`, {
      body: { reason: 'flaky' },
    });
    expect(retry.statusCode, retry.body).toBeLessThan(300);
    expect(await until(dev, 'RollingOut')).toMatchObject({ id: failed.id, reason: '', endedAt: null });
    await agentMoves(dev, 'bbbd');
    expect(await until(dev, 'Promoted')).toMatchObject({ id: failed.id });
  });

  it('two rollouts of an environment are not started again at once', async () => {
    await apply({ name: dev, queue: 'fifo', rollout: { onFailure: 'abort', veto: false } });
    const rolloutOf = async (commit: string): Promise<string> => {
      await release(commit);
      await until(dev, 'RollingOut');
      await agentMoves(dev, commit, true);
      return (await until(dev, 'Failed')).rollout?.id ?? '';
    };
    const [first, second] = [await rolloutOf('bcc1'), await rolloutOf('bcc2')];
    const rollouts = api.hub.app.get(Rollouts, { strict: false });
    const retry = { type: 'retry-failed', reason: 'flaky' } as const;
    const again = (id: string) =>
      api.database.transaction((manager) => rollouts.command(manager, id, retry, 'ada', api.clock.now()));
    await expect(again(first)).rejects.toThrow(/: a later rollout has taken over/);
    // As if they were about different sources.
    await api.database.query('UPDATE rollouts SET superseded = false WHERE id = $1', [first]);
    // Before the promotion of the one says that it moves again, the other is asked for.
    const both = api.database.transaction(async (manager) => {
      await rollouts.command(manager, second, retry, 'ada', api.clock.now());
      await rollouts.command(manager, first, retry, 'bob', api.clock.now());
    });
    await expect(both).rejects.toThrow(
      /^rollout "[^"]+" cannot go on: promotion "[^"]+" of \S+-2 moves dev-\d+ now$/,
    );
  });

  it('an abort stops the rollout', async () => {
    await apply(dev);
    await release('bbbe');
    const { id } = await until(dev, 'RollingOut');
    await api.ask('POST', `/api/v1/promotions/${id}/abort`, { body: { reason: 'wrong day' } });
    const { reason } = await until(dev, 'Aborted');
    expect(reason).toBe('aborted by admin-from-environment: wrong day');
  });

  it('a report that opens a health gate is acted on at once', async () => {
    await apply(dev, { name: prod, promote: 'manual', gates: { before: [{ type: 'health' }] } });
    await release('bbbf');
    await until(dev, 'RollingOut');
    await agentMoves(dev, 'bbbf');
    await until(dev, 'Promoted');
    await rig.reports(`${dev}-a`, 'bbbf', failedBuild('bbbf', 'bbbf'));
    const body = { pipeline: web, environment: prod, release: `${web}-1` };
    await api.ask('POST', '/api/v1/promotions', { body });
    expect((await until(prod, 'Gating')).waitingFor).toContain(
      `${dev}-a: Kustomization/flux-system/apps is Failed`,
    );
    // The hub has to know by then that this lane waits for that cluster; that is told by a notice, too.
    await setTimeout(1_000);
    await rig.reports(`${dev}-a`, 'bbbf');
    const key = 'kustomize.toolkit.fluxcd.io/v1|Kustomization|flux-system|apps';
    const change = {
      topic: 'object',
      clusterId: rig.clusters.get(`${dev}-a`) ?? '',
      key,
      deleted: false,
    } as const;
    await api.database.transaction((manager) => api.hub.app.get(ChangeFeed).publish(manager, [change]));
    // Less than the sweep takes.
    await waitFor('the start', async () => (await until(prod, 'RollingOut')).id, { timeoutMs: 5_000 });
  });
});

describe('a hub that is started again', () => {
  it('goes on with promotions in every state', async () => {
    const places = ['gating', 'moving', 'verifying', 'back'].map((name) => `${name}-${runs}`);
    for (const name of places) {
      await rig.environment(name);
      await rig.cluster(`${name}-a`, { env: name }, old);
    }
    const [gating = '', moving = '', verifying = '', back = ''] = places;
    const parallel = (name: string, more: object = {}) => ({ name, after: [], ...more });
    await apply(
      parallel(gating, { gates: { before: [approval] } }),
      parallel(moving, { queue: 'fifo' }),
      parallel(verifying, { gates: { after: [approval] } }),
      parallel(back, { gates: { after: [approval] } }),
    );
    await release('cccc');
    for (const name of [moving, verifying, back]) await until(name, 'RollingOut');
    for (const name of [verifying, back]) await agentMoves(name, 'cccc');
    const { id: backId } = await until(back, 'Verifying');
    await api.ask('POST', `/api/v1/promotions/${backId}/reject`, { body: { reason: 'no' } });
    await until(back, 'RollingBack');
    const { id: gatingId } = await until(gating, 'Gating');
    const { id: verifyingId } = await until(verifying, 'Verifying');

    const first = api;
    await first.hub.stop();
    const hub = await startTestHub({
      databaseUrl: first.hub.databaseUrl,
      dataDir: first.dataDir,
      clock: first.clock,
    });
    api = {
      ...first,
      hub,
      database: hub.app.get(DataSource),
      ask: askOf(hub.app),
      stop: async () => {
        await hub.stop();
        await first.stop();
      },
    };
    rig = Object.assign(new RolloutRig(api), { clusters: rig.clusters });

    await api.ask('POST', `/api/v1/promotions/${verifyingId}/approve`, { body: {} });
    await until(verifying, 'Promoted');
    await api.ask('POST', `/api/v1/promotions/${gatingId}/approve`, { body: {} });
    await agentMoves(gating, 'cccc');
    await until(gating, 'Promoted');
    await agentMoves(moving, 'cccc');
    await until(moving, 'Promoted');
    await agentMoves(back, old);
    await until(back, 'RolledBack');
    const started: { count: number }[] = await api.database.query(
      'SELECT count(*)::int AS count FROM rollouts WHERE environment = ANY($1)',
      [places],
    );
    expect(started[0]?.count).toBe(4);
  });
});

function askOf(app: ApiHub['hub']['app']): ApiHub['ask'] {
  return (method, url, { body } = {}) =>
    app.inject({
      method: method as 'GET',
      url,
      headers: { authorization: `Bearer ${api.adminToken}` },
      ...(body && { payload: body }),
    }) as never;
}
