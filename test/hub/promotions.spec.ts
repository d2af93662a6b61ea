import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';
import { environment, pipeline } from './documents.js';
import type { PromotionWorld } from './promotion-world.js';
import { clearFleet, seedEnvironments, startPromotionWorld } from './promotion-world.js';

let world: PromotionWorld;
let web: string;
let runs = 0;
beforeAll(async () => {
  world = await startPromotionWorld(await sharedPostgres());
});
afterAll(async () => world?.stop());
beforeEach(async () => {
  await clearFleet(world);
  await seedEnvironments(world, 'dev', 'staging', 'prod');
  runs += 1;
  web = `web-${runs}x`;
});

const manual = (name: string, more: object = {}) => ({ name, promote: 'manual', ...more });
const gated = (name: string, ...before: object[]) => ({ name, gates: { before } });
const where = (environment: string, release?: { name: string }) =>
  `pipeline=${web}&environment=${environment}${release ? `&release=${release.name}` : ''}`;

async function promote(body: object, token?: string) {
  return world.api.ask('POST', '/api/v1/promotions', {
    body: { pipeline: web, ...body },
    ...(token === undefined ? {} : { token }),
  });
}

const act = (id: string, verb: string, body: object, token?: string) =>
  world.api.ask('POST', `/api/v1/promotions/${id}/${verb}`, {
    body,
    ...(token === undefined ? {} : { token }),
  });

describe('a new release', () => {
  it('goes by itself from environment to environment', async () => {
    await world.apply(pipeline(web, ['dev', 'staging', manual('prod')]));
    const release = await world.release(web);
    const dev = await world.until(where('dev'), 'RollingOut');
    expect(dev).toMatchObject({ release: `${web}-1`, origin: 'automatic', requestedBy: 'hub', reason: '' });
    expect(world.rollouts.started.at(-1)).toMatchObject({
      promotionId: dev.id,
      environment: 'dev',
      items: [{ revision: release.items[0]?.revision }],
      kind: 'promotion',
      breakGlass: false,
    });
    expect(await world.list(where('staging'))).toEqual([]);
    await world.finish('dev');
    expect(await world.until(where('dev'), 'Promoted')).toMatchObject({ reason: `${web}-1 is in dev` });
    await world.until(where('staging'), 'RollingOut');
    await world.finish('staging');
    await world.until(where('staging'), 'Promoted');
    expect(await world.list(where('prod'))).toEqual([]);
    const stages = (await world.api.ask('GET', `/api/v1/pipelines/${web}`)).json().environments;
    expect(stages).toMatchObject([
      { name: 'dev', release: `${web}-1`, waiting: [], nextGate: null },
      { name: 'staging', release: `${web}-1` },
      { name: 'prod', release: null },
    ]);
  });

  it('comes when it is in all environments before, not in some', async () => {
    await world.apply(
      pipeline(web, ['dev', { name: 'staging', after: [] }, { name: 'prod', after: ['dev', 'staging'] }]),
    );
    await world.release(web);
    await world.until(where('dev'), 'RollingOut');
    await world.until(where('staging'), 'RollingOut');
    await world.finish('dev');
    await world.until(where('dev'), 'Promoted');
    await world.look();
    expect(await world.list(where('prod'))).toEqual([]);
    await world.finish('staging');
    await world.until(where('prod'), 'RollingOut');
  });

  it('comes to an environment that the pipeline gets later', async () => {
    await world.apply(pipeline(web, ['dev']));
    await world.release(web);
    await world.until(where('dev'), 'RollingOut');
    await world.finish('dev');
    await world.until(where('dev'), 'Promoted');
    await world.apply(pipeline(web, ['dev', 'staging']));
    await world.until(where('staging'), 'RollingOut');
  });

  it('is not taken while it is vetoed, and says why', async () => {
    await world.apply(pipeline(web, ['dev', manual('prod')]));
    const commit = 'b'.repeat(40);
    const veto = {
      url: 'https://git.example.com/org/fleet',
      revision: `main@sha1:${commit}`,
      reason: 'burns money',
    };
    const made = (await world.api.ask('POST', '/api/v1/vetoes', { body: veto })).json();
    const id = made.items[0].id;
    const release = await world.release(web, { commit });
    const failed = await world.until(where('dev'), 'Failed');
    expect(failed.reason).toContain('is vetoed');
    expect(failed.reason).toContain('burns money');
    const refused = await promote({ environment: 'dev', release: release.name });
    expect([refused.statusCode, refused.json().error.message]).toEqual([
      409,
      `release "${release.name}" is vetoed by admin-from-environment: burns money`,
    ]);
    await world.api.ask('POST', `/api/v1/vetoes/${id}/lift`, { body: { reason: 'fixed' } });
    const taken = await promote({ environment: 'dev', release: release.name });
    expect(taken.statusCode, taken.body).toBe(201);
    await world.until(where('dev'), 'RollingOut');
  });
});

describe('what waits', () => {
  it.each([
    ['latest', ['Superseded', 'Superseded', 'RollingOut']],
    ['fifo', ['RollingOut', 'Queued', 'Queued']],
    ['batch', ['Superseded', 'Superseded', 'RollingOut']],
  ] as const)('is dealt with by the policy %s when the lane is free again', async (queue, expected) => {
    await world.apply(pipeline(web, [{ name: 'dev', queue }]));
    await world.release(web);
    await world.until(where('dev'), 'RollingOut');
    const later = [await world.release(web), await world.release(web), await world.release(web)];
    await world.look();
    await world.finish('dev');
    await world.until(`pipeline=${web}&state=Promoted`, 'Promoted');
    await world.look();
    const states = await Promise.all(
      later.map(async (one) => (await world.list(where('dev', one)))[0]?.state),
    );
    expect(states).toEqual(expected);
    const superseded = (await world.list(`pipeline=${web}&state=Superseded`)).map(({ reason }) => reason);
    const word = queue === 'batch' ? 'merged into' : 'superseded by';
    for (const reason of superseded) expect(reason).toMatch(new RegExp(`^${word} ${web}-\\d`));
  });

  it('lets a hotfix go first, but not into a rollout that runs', async () => {
    await world.apply(pipeline(web, ['staging', { name: 'prod', queue: 'fifo', promote: 'manual' }]));
    const releases = [];
    for (let n = 0; n < 3; n += 1) {
      releases.push(await world.release(web));
      await world.until(where('staging', releases[n]), 'RollingOut');
      await world.finish('staging');
      await world.until(where('staging', releases[n]), 'Promoted');
    }
    await promote({ environment: 'prod', release: releases[0]!.name });
    await promote({ environment: 'prod', release: releases[1]!.name });
    const hotfix = await promote({ environment: 'prod', release: releases[2]!.name, priority: 'hotfix' });
    expect(hotfix.json()).toMatchObject({ state: 'Queued', priority: 'hotfix' });
    expect(hotfix.json().waitingFor).toContain(`waits for ${releases[0]!.name}`);
    await world.finish('prod');
    await world.until(where('prod', releases[2]), 'RollingOut');
    expect((await world.list(where('prod', releases[1])))[0]?.state).toBe('Queued');
  });

  it('goes first from now on when somebody asks again as a hotfix', async () => {
    await world.apply(pipeline(web, [gated('dev', { type: 'approval' })]));
    const release = await world.release(web);
    const waiting = await world.until(where('dev'), 'Gating');
    expect((await promote({ environment: 'dev', release: release.name })).statusCode).toBe(409);
    const again = await promote({ environment: 'dev', release: release.id, priority: 'hotfix' });
    expect([again.statusCode, again.json().id, again.json().priority]).toEqual([201, waiting.id, 'hotfix']);
  });

  it('is taken back when somebody aborts it, with who and why', async () => {
    await world.apply(pipeline(web, [gated('dev', { type: 'approval' })]));
    await world.release(web);
    const { id } = await world.until(where('dev'), 'Gating');
    const aborted = (await act(id, 'abort', { reason: 'wrong day' })).json();
    expect(aborted).toMatchObject({
      state: 'Aborted',
      reason: 'aborted by admin-from-environment: wrong day',
      waitingFor: '',
    });
    const again = await act(id, 'abort', { reason: 'wrong day' });
    expect([again.statusCode, again.json().error.message]).toEqual([
      409,
      `promotion "${id}": it has ended as Aborted`,
    ]);
  });
});

describe('after its rollout', () => {
  const verified = (onFailure: string, ...after: object[]) =>
    pipeline(web, [{ name: 'prod', gates: { after }, rollout: { onFailure } }]);

  it('a promotion waits for the gates after', async () => {
    await world.apply(verified('rollback', { type: 'soak', duration: '10m' }));
    await world.release(web);
    await world.until(where('prod'), 'RollingOut');
    await world.finish('prod');
    await world.until(where('prod'), 'Verifying');
    await world.advance(600_000);
    expect((await world.list(where('prod')))[0]?.state).toBe('Promoted');
  });

  it.each([
    ['rollback', 'RollingBack'],
    ['abort', 'Failed'],
  ])('a veto before it is promoted leads with onFailure %s to %s', async (onFailure, state) => {
    await world.apply(verified(onFailure, { type: 'soak', duration: '10m' }));
    const release = await world.release(web);
    await world.until(where('prod'), 'RollingOut');
    await world.finish('prod');
    await world.until(where('prod'), 'Verifying');
    const veto = { pipeline: web, release: release.name, reason: 'burns money' };
    expect((await world.api.ask('POST', '/api/v1/vetoes', { body: veto })).statusCode).toBe(201);
    const { reason } = await world.until(where('prod'), state);
    const said = state === 'Failed' ? reason : world.rollouts.commands.at(-1)?.reason;
    expect(said).toMatch(new RegExp(`^${release.name} is vetoed: .* burns money`));
  });

  it.each([
    ['rollback', 'RollingBack'],
    ['abort', 'Failed'],
  ])('a gate that fails leads with onFailure %s to %s', async (onFailure, state) => {
    world.probe.answer = { phase: 'fail', message: 'error rate is 7 %' };
    await world.apply(verified(onFailure, { type: 'webhook', url: 'https://ci.example.com/gate' }));
    await world.release(web);
    await world.until(where('prod'), 'RollingOut');
    await world.finish('prod');
    await world.until(where('prod'), state);
    const reason = 'gate webhook after the rollout: error rate is 7 %';
    if (state === 'RollingBack') {
      expect(world.rollouts.commands.at(-1)).toMatchObject({ type: 'rollback', reason, by: 'hub' });
      await world.finish('prod', 'RolledBack', 'all clusters are back');
      await world.until(where('prod'), 'RolledBack');
    }
    expect((await world.list(where('prod')))[0]?.reason).toBe(reason);
    expect((await world.api.ask('GET', `/api/v1/pipelines/${web}`)).json().environments[0].release).toBe(
      null,
    );
  });

  it.each([
    ['Failed', 'Failed'],
    ['Aborted', 'Aborted'],
    ['RolledBack', 'RolledBack'],
  ] as const)(
    'a rollout that ends as %s ends the promotion as %s, and the next one goes',
    async (outcome, state) => {
      await world.apply(pipeline(web, ['prod']));
      const first = await world.release(web);
      await world.until(where('prod'), 'RollingOut');
      const second = await world.release(web);
      await world.finish('prod', outcome, 'canary-1 is unhealthy');
      expect(await world.until(where('prod', first), state)).toMatchObject({
        reason: 'canary-1 is unhealthy',
      });
      await world.until(where('prod', second), 'RollingOut');
    },
  );

  it('an abort stops the rollout, and ends the promotion when that has stopped', async () => {
    await world.apply(pipeline(web, ['prod']));
    await world.release(web);
    const { id } = await world.until(where('prod'), 'RollingOut');
    const stopping = (await act(id, 'abort', { reason: 'looks bad' })).json();
    expect(stopping).toMatchObject({ state: 'RollingOut', waitingFor: 'the rollout stops' });
    expect(world.rollouts.commands.at(-1)).toMatchObject({ type: 'abort', by: 'admin-from-environment' });
    expect((await act(id, 'abort', { reason: 'again' })).statusCode).toBe(409);
    await world.finish('prod', 'Aborted', 'stopped');
    expect(await world.until(where('prod'), 'Aborted')).toMatchObject({
      reason: 'aborted by admin-from-environment: looks bad',
    });
  });

  it('an older release may come back by hand, without soaking elsewhere', async () => {
    await world.apply(
      pipeline(web, ['dev', gated('prod', { type: 'soak', duration: '1h' }, { type: 'health' })]),
    );
    for (let n = 1; n <= 2; n += 1) {
      const release = await world.release(web);
      await world.until(where('dev', release), 'RollingOut');
      await world.finish('dev');
      await world.until(where('prod', release), 'Gating');
      if (n === 1)
        await world.api.database.query(
          `UPDATE promotions SET state = 'RollingOut' WHERE release_name = $1 AND environment = 'prod'`,
          [release.name],
        );
      if (n === 1) await finishProd(release.name);
    }
    const back = (await promote({ environment: 'prod', release: `${web}-1` })).json();
    expect(back).toMatchObject({ release: `${web}-1`, origin: 'manual', state: 'RollingOut' });
    expect(world.rollouts.started.at(-1)).toMatchObject({ kind: 'rollback' });
  });

  /** As if its gates had passed. */
  async function finishProd(release: string): Promise<void> {
    const [one] = await world.list(`pipeline=${web}&environment=prod&release=${release}`);
    world.rollouts.started.push({ environment: 'prod', promotionId: one!.id, id: 'r' } as never);
    await world.finish('prod');
    await world.until(`pipeline=${web}&environment=prod&release=${release}`, 'Promoted');
  }
});

describe('two pipelines', () => {
  it('never move the same source of the same cluster at once', async () => {
    const other = `${web}o`;
    await world.apply(pipeline(web, ['prod']), pipeline(other, ['prod']));
    await world.release(web);
    await world.until(where('prod'), 'RollingOut');
    await world.release(other);
    const waiting = await world.until(`pipeline=${other}`, 'Gating');
    expect(waiting.waitingFor).toContain(
      `pipeline ${web} moves GitRepository/flux-system/flux-system of cluster prod-1 (${web}-1 to prod`,
    );
    await world.finish('prod');
    await world.until(`pipeline=${other}`, 'RollingOut');
  });
});

describe('a cluster that labels have brought into two environments of a pipeline', () => {
  const relabel = (labels: object) =>
    world.api.database.query(`UPDATE clusters SET labels = $1 WHERE name = 'prod-1'`, [labels]);

  it('keeps both from starting until it is in one of them again', async () => {
    await world.apply(environment('ring', { ring: 'x' }, { allowEmpty: true }));
    await world.apply(pipeline(web, [{ name: 'prod', after: [] }, 'ring']));
    await relabel({ env: 'prod', ring: 'x' });
    await world.release(web);
    await waitFor('the reason', async () => {
      const [one] = await world.list(where('prod'));
      return (
        one?.state === 'Gating' &&
        one.waitingFor ===
          `cluster prod-1 is in prod and in ring of pipeline ${web}, and would take the releases of both: change its labels`
      );
    });
    expect(world.rollouts.started.filter((one) => one.pipeline === web)).toEqual([]);
    await relabel({ env: 'prod' });
    await world.look();
    await world.until(where('prod'), 'RollingOut');
  });
});

describe('a promotion by hand is refused before anything starts', () => {
  it.each([
    ['of an unknown pipeline', { pipeline: 'nope', environment: 'dev', release: 'RELEASE' }, 404, 'pipeline'],
    [
      'to an environment that the pipeline does not have',
      { environment: 'staging', release: 'RELEASE' },
      422,
      'environment',
    ],
    ['of an unknown release', { environment: 'dev', release: 'nope-1' }, 404, 'release'],
    [
      'of a release that is not where it has to be before',
      { environment: 'prod', release: 'RELEASE' },
      409,
      'release',
    ],
    [
      'with an unknown priority',
      { environment: 'dev', release: 'RELEASE', priority: 'now' },
      422,
      'priority',
    ],
    ['with a field that nobody knows', { environment: 'dev', release: 'RELEASE', force: true }, 422, 'force'],
  ] as const)('%s', async (_sentence, body, status, field) => {
    await world.apply(pipeline(web, [manual('dev'), manual('prod')]));
    const release = await world.release(web);
    const answer = await promote({ ...body, release: body.release.replace('RELEASE', release.name) });
    expect([answer.statusCode, answer.json().error?.field]).toEqual([status, field]);
    expect((await world.list(`pipeline=${web}`)).length).toBe(0);
  });

  it('to an environment that matches nothing any more', async () => {
    await world.apply(pipeline(web, [manual('dev')]));
    const release = await world.release(web);
    await world.api.database.query(`DELETE FROM clusters WHERE name = 'dev-1'`);
    const answer = await promote({ environment: 'dev', release: release.name });
    expect([answer.statusCode, answer.json().error.message]).toEqual([
      422,
      'environment "dev" matches no cluster',
    ]);
  });
});
