import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';
import { document, pipeline } from './documents.js';
import type { PromotionWorld } from './promotion-world.js';
import { seedEnvironments, startPromotionWorld } from './promotion-world.js';

let world: PromotionWorld;
let web: string;
let runs = 0;
beforeAll(async () => {
  world = await startPromotionWorld(await sharedPostgres());
});
afterAll(async () => world?.stop());
beforeEach(async () => {
  await world.api.database.query(
    'DELETE FROM promotions; DELETE FROM pipelines; DELETE FROM freezes; DELETE FROM environments; DELETE FROM clusters; DELETE FROM vetoes',
  );
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

describe('an approval', () => {
  const quorum = { type: 'approval', required: 2, groups: [{ name: 'security', required: 1 }] };

  async function waiting(gate: object = quorum, authors = ['Ada <Ada@example.com>']) {
    await world.apply(pipeline(web, [gated('prod', gate)]));
    const release = await world.release(web, { authors });
    return { release, id: (await world.until(where('prod'), 'Gating')).id };
  }

  it('needs the quorum and the quota, each person once', async () => {
    const [bob, bobToo, carol] = await Promise.all([
      world.token(`bob${runs}`, { emails: ['bob@example.com'] }),
      world.token(`bob${runs}-phone`, { emails: ['BOB@example.com'], groups: ['security'] }),
      world.token(`carol${runs}`, { emails: ['carol@example.com'], groups: ['security'] }),
    ]);
    const { id } = await waiting();
    const message = async () => (await world.list(where('prod')))[0]?.gates[0]?.message;
    expect(await message()).toBe('0 of 2 approvals; 1 more of group security');
    expect((await act(id, 'approve', { comment: 'fine' }, bob)).statusCode).toBe(200);
    expect((await act(id, 'approve', {}, bob)).statusCode).toBe(200);
    expect((await act(id, 'approve', {}, bobToo)).statusCode).toBe(200);
    expect(await message()).toBe(`1 of 2 approvals (bob${runs}); 1 more of group security`);
    const done = (await act(id, 'approve', {}, carol)).json();
    expect(done).toMatchObject({
      state: 'RollingOut',
      approvals: [
        { by: `bob${runs}`, comment: 'fine', stage: 'before' },
        { by: `carol${runs}`, groups: ['security'] },
      ],
    });
    const audit = (await world.api.ask('GET', `/api/v1/audit?target=promotion/${id}`)).json().items;
    expect(
      audit.map(({ action, actor }: { action: string; actor: string }) => `${action} by ${actor}`),
    ).toEqual([
      'promotion.started by hub',
      `promotion.approved by carol${runs}`,
      `promotion.approved by bob${runs}`,
      'promotion.created by hub',
    ]);
  });

  it('is forbidden to an author, by address or by the token that made the release', async () => {
    const ada = await world.token(`ada${runs}`, { emails: ['ada@example.com'] });
    const maker = await world.token(`maker${runs}`);
    const { id, release } = await waiting({ type: 'approval' });
    const refused = await act(id, 'approve', {}, ada);
    expect([refused.statusCode, refused.json().error]).toMatchObject([
      403,
      {
        code: 'Forbidden',
        message: `promotion "${id}": "ada${runs}" is an author of release "${release.name}" and may not approve it for prod`,
        remedy: 'ask somebody who did not write it',
      },
    ]);
    const other = await world.release(web, { createdBy: `maker${runs}` });
    const second = await world.until(where('prod', other), 'Gating');
    expect((await act(second.id, 'approve', {}, maker)).statusCode).toBe(403);
    // The release that waited before is in it, so its author may not either.
    expect((await act(second.id, 'approve', {}, ada)).statusCode).toBe(403);
  });

  it('is open to an author where the gate says so', async () => {
    const ada = await world.token(`ada${runs}`, { emails: ['ada@example.com'] });
    const { id } = await waiting({ type: 'approval', authorMayApprove: true });
    expect((await act(id, 'approve', {}, ada)).json().state).toBe('RollingOut');
  });

  it('is void for another release', async () => {
    const bob = await world.token(`bob${runs}`);
    const { id } = await waiting({ type: 'approval', required: 2 });
    await act(id, 'approve', {}, bob);
    const other = await world.release(web);
    const next = await world.until(where('prod', other), 'Gating');
    expect(next.approvals).toEqual([]);
    expect((await world.list(`pipeline=${web}&state=Superseded`)).map((one) => one.id)).toEqual([id]);
    const late = await act(id, 'approve', {}, bob);
    expect([late.statusCode, late.json().error.message]).toEqual([
      409,
      `promotion "${id}": it has ended as Superseded`,
    ]);
    const wrong = await act(next.id, 'approve', { release: `${web}-1` }, bob);
    expect([wrong.statusCode, wrong.json().error.message]).toEqual([
      409,
      `promotion "${next.id}": it is about release "${web}-2", not "${web}-1"`,
    ]);
  });

  it('that is refused ends the promotion with who and why', async () => {
    const bob = await world.token(`bob${runs}`);
    const { id } = await waiting();
    const rejected = (await act(id, 'reject', { reason: 'not before the audit' }, bob)).json();
    expect(rejected).toMatchObject({
      state: 'Aborted',
      reason: `rejected by bob${runs}: not before the audit`,
    });
  });

  it.each([
    ['in somebody else’s name', 'approve', { as: 'bob' }, 422, 'as'],
    ['without a reason', 'reject', {}, 422, 'reason'],
    ['with an empty reason', 'abort', { reason: ' ' }, 422, 'reason'],
  ] as const)('is no word %s', async (_sentence, verb, body, status, field) => {
    const { id } = await waiting();
    const answer = await act(id, verb, body);
    expect([answer.statusCode, answer.json().error.field]).toEqual([status, field]);
  });

  it('is nothing to a promotion that asks nobody, or that does not exist', async () => {
    await world.apply(
      pipeline(web, [
        gated('prod', { type: 'window', periods: [{ days: ['mon'], from: '09:00', to: '10:00' }] }),
      ]),
    );
    await world.release(web);
    const { id } = await world.until(where('prod'), 'Gating');
    const answer = await act(id, 'approve', {});
    expect([answer.statusCode, answer.json().error.message]).toEqual([
      409,
      `promotion "${id}": it has no approval gate before its rollout`,
    ]);
    expect((await act('nope', 'approve', {})).statusCode).toBe(404);
  });
});

describe('a gate before', () => {
  it('says for what and until when, and is asked again right before the rollout', async () => {
    const window = {
      type: 'window',
      timeZone: 'Europe/Berlin',
      periods: [{ days: ['sun'], from: '12:00', to: '14:00' }],
    };
    // The clock says Sunday, 13:00 in Berlin.
    await world.apply(pipeline(web, [gated('prod', window, { type: 'approval' })]));
    await world.release(web);
    const bob = await world.token(`bob${runs}`);
    const open = await world.until(where('prod'), 'Gating');
    expect(open.gates[0]).toMatchObject({ phase: 'pass', until: expect.stringContaining('T13:00:00.000Z') });
    world.api.clock.advance(3_600_000);
    const approved = (await act(open.id, 'approve', {}, bob)).json();
    expect(approved).toMatchObject({
      state: 'Gating',
      gates: [{ phase: 'wait' }, { phase: 'pass' }, { phase: 'pass' }],
    });
    expect(approved.waitingUntil).toBe(approved.gates[0].until);
    await world.advance(Date.parse(approved.waitingUntil) - world.api.clock.now().getTime() - 1);
    expect((await world.list(where('prod')))[0]?.state).toBe('Gating');
    await world.advance(1);
    expect((await world.list(where('prod')))[0]?.state).toBe('RollingOut');
  });

  it('of soak lets a release ripen where it was before', async () => {
    await world.apply(pipeline(web, ['dev', gated('prod', { type: 'soak', duration: '30m' })]));
    await world.release(web);
    await world.until(where('dev'), 'RollingOut');
    await world.finish('dev');
    const waiting = await world.until(where('prod'), 'Gating');
    expect(waiting.waitingFor).toMatch(/^soak: dev has it since .*; soaks for 30m$/);
    await world.advance(30 * 60_000 - 1);
    expect((await world.list(where('prod')))[0]?.state).toBe('Gating');
    await world.advance(1);
    expect((await world.list(where('prod')))[0]?.state).toBe('RollingOut');
  });

  it('of the outside is asked at its interval, and fails the promotion when it does not pass in time', async () => {
    world.probe.answer = { phase: 'wait', message: 'tests run', memory: { at: 1 } };
    const hook = { type: 'webhook', url: 'https://ci.example.com/gate', interval: '1m', timeout: '10m' };
    await world.apply(pipeline(web, [gated('prod', hook)]));
    await world.release(web);
    const asked = () => world.probe.asked.filter(({ promotion }) => promotion.pipeline === web).length;
    await waitFor(
      'the first question',
      async () => (await world.list(where('prod')))[0]?.waitingFor === 'webhook: tests run',
    );
    expect(asked()).toBe(1);
    world.probe.answer = new Error('connection refused');
    await world.advance(60_000);
    await waitFor('the second question', async () =>
      (await world.list(where('prod')))[0]?.waitingFor.includes('connection refused'),
    );
    expect([asked(), world.probe.asked.at(-1)?.memory]).toEqual([2, { at: 1 }]);
    await world.advance(9 * 60_000);
    const failed = await world.until(where('prod'), 'Failed');
    expect(failed.reason).toContain('gate webhook: no answer that lets it pass within 10m');
  });

  it('of the outside that passed long ago is asked once more before the rollout', async () => {
    world.probe.answer = { phase: 'pass', message: 'green' };
    const hook = { type: 'webhook', url: 'https://ci.example.com/gate', interval: '1m' };
    await world.apply(pipeline(web, [gated('prod', hook, { type: 'approval' })]));
    await world.release(web);
    const bob = await world.token(`bob${runs}`);
    await waitFor(
      'the first answer',
      async () => (await world.list(where('prod')))[0]?.gates[0]?.phase === 'pass',
    );
    await world.advance(3_600_000);
    world.probe.answer = { phase: 'fail', message: 'red' };
    const { id } = await world.until(where('prod'), 'Gating');
    await act(id, 'approve', {}, bob);
    expect((await world.until(where('prod'), 'Failed')).reason).toBe('gate webhook: red');
  });

  it('of a freeze is always there, until it ends or two people break it', async () => {
    const until = new Date(world.api.clock.now().getTime() + 3_600_000).toISOString();
    await world.apply(
      document('Freeze', `f${runs}`, { scope: { environment: 'prod' }, reason: 'sale', until }),
    );
    await world.apply(pipeline(web, ['prod']));
    await world.release(web);
    const held = await world.until(where('prod'), 'Gating');
    expect(held).toMatchObject({ waitingFor: `freeze: freeze f${runs}: sale`, waitingUntil: until });
    const body = { promotion: held.id, reason: 'the site is down' };
    const [ada, bob] = [await world.token(`ada${runs}`), await world.token(`bob${runs}`)];
    for (const token of [ada, bob])
      await world.api.ask('POST', `/api/v1/freezes/f${runs}/break-glass`, { body, token });
    await world.until(where('prod'), 'RollingOut');
    expect(world.rollouts.started.at(-1)).toMatchObject({ promotionId: held.id, breakGlass: true });
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

describe('a promotion by Git', () => {
  const byGit = (name: string, more: object = {}) => ({
    name,
    delivery: 'git',
    git: { url: 'https://git.example.com/org/fleet', changes: [{ type: 'copy', from: 'a', to: 'b' }] },
    ...more,
  });

  it('waits until Git holds it, asks its gates again, and rolls out what was merged', async () => {
    world.git.answer = { phase: 'wait', message: 'pull request 7 is open' };
    await world.apply(pipeline(web, [byGit('prod')]));
    await world.release(web);
    const open = await world.until(where('prod'), 'Delivering');
    await waitFor(
      'the pull request',
      async () => (await world.list(where('prod')))[0]?.waitingFor === 'pull request 7 is open',
    );
    const until = new Date(world.api.clock.now().getTime() + 3_600_000).toISOString();
    await world.apply(
      document('Freeze', `f${runs}`, { scope: { organisation: true }, reason: 'sale', until }),
    );
    const merged = {
      source: { kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' },
      revision: 'main@sha1:cafe',
    };
    world.git.answer = { phase: 'done', message: 'merged', revisions: [merged] };
    await world.advance(30_000);
    expect((await world.until(where('prod'), 'Gating')).waitingFor).toBe(`freeze: freeze f${runs}: sale`);
    await world.advance(3_600_000);
    await world.until(where('prod'), 'RollingOut');
    expect(world.rollouts.started.at(-1)).toMatchObject({
      promotionId: open.id,
      items: [merged],
      delivery: 'git',
    });
  });

  it('that is superseded takes its pull request back', async () => {
    world.git.answer = { phase: 'wait', message: 'pull request 7 is open' };
    await world.apply(pipeline(web, [byGit('prod')]));
    const first = await world.release(web);
    const open = await world.until(where('prod', first), 'Delivering');
    await waitFor(
      'the pull request',
      async () => (await world.list(where('prod')))[0]?.waitingFor === 'pull request 7 is open',
    );
    const second = await world.release(web);
    const { reason } = await world.until(where('prod', first), 'Superseded');
    expect(reason).toContain(`superseded by ${second.name}`);
    await waitFor('the pull request to be closed', () =>
      world.git.withdrawn.some(({ id }) => id === open.id),
    );
    expect(world.git.withdrawn.at(-1)?.reason).toBe(reason);
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
