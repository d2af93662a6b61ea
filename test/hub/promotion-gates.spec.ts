import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';
import { gitRepository, seedCluster } from './api-seed.js';
import { document, pipeline } from './documents.js';
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
  web = `gate-${runs}x`;
});

const gated = (name: string, ...before: object[]) => ({ name, gates: { before } });
const where = (environment: string, release?: { name: string }) =>
  `pipeline=${web}&environment=${environment}${release ? `&release=${release.name}` : ''}`;

const act = (id: string, verb: string, body: object, token?: string) =>
  world.api.ask('POST', `/api/v1/promotions/${id}/${verb}`, {
    body,
    ...(token === undefined ? {} : { token }),
  });

describe('a token', () => {
  it('tells whose groups and addresses stand behind it', async () => {
    const token = await world.token(`eve${runs}`, { groups: ['security'], emails: ['Eve@Example.com'] });
    const { groups, emails } = (await world.api.ask('GET', '/api/v1/whoami', { token })).json();
    expect([groups, emails]).toEqual([['security'], ['eve@example.com']]);
  });

  it.each([
    ['an address that is none', { emails: ['eve'] }, 'emails[0]'],
    ['a group without a name', { groups: [''] }, 'groups[0]'],
  ])('is not made with %s', async (_sentence, who, field) => {
    const body = { name: `eve${runs}`, role: 'operator', ...who };
    const answer = await world.api.ask('POST', '/api/v1/api-tokens', { body });
    expect([answer.statusCode, answer.json().error.field.replace(/\.(\d)/, '[$1]')]).toEqual([422, field]);
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

  it('is forbidden to the author of a release that was never on its way here', async () => {
    const ada = await world.token(`ada${runs}`, { emails: ['ada@example.com'] });
    const bob = await world.token(`bob${runs}`, { emails: ['bob@example.com'] });
    const prod = { ...gated('prod', { type: 'approval' }), promote: 'manual', after: [] };
    await world.apply(pipeline(web, [prod]));
    const promote = async (release: { name: string }) => {
      const body = { pipeline: web, environment: 'prod', release: release.name };
      return (await world.api.ask('POST', '/api/v1/promotions', { body })).json().id as string;
    };
    const first = await world.release(web, { authors: ['Ada <ada@example.com>'] });
    await act(await promote(first), 'approve', {}, bob);
    await world.until(where('prod', first), 'RollingOut');
    await world.finish('prod');
    await world.until(where('prod', first), 'Promoted');
    await world.release(web, { authors: ['Bob <bob@example.com>'] });
    const third = await world.release(web, { authors: ['Eve <eve@example.com>'] });
    const id = await promote(third);
    // Bob's change comes with it; Ada's is there already.
    expect((await act(id, 'approve', {}, bob)).statusCode).toBe(403);
    expect((await act(id, 'approve', {}, ada)).json().state).toBe('RollingOut');
  });

  it('is forbidden to another token of whoever made the release by hand', async () => {
    const [laptop, phone] = await Promise.all(
      ['laptop', 'phone'].map((name) => world.token(`${name}${runs}`, { emails: ['ci@example.com'] })),
    );
    await world.apply(
      pipeline(web, [gated('prod', { type: 'approval' })], { releases: { automatic: false } }),
    );
    const items = [{ revision: `main@sha1:${'ab'.repeat(20)}` }];
    const made = await world.api.ask('POST', '/api/v1/releases', {
      body: { pipeline: web, items },
      token: laptop!,
    });
    expect(made.statusCode, made.body).toBeLessThan(300);
    const { id } = await world.until(where('prod'), 'Gating');
    for (const token of [laptop, phone]) expect((await act(id, 'approve', {}, token)).statusCode).toBe(403);
  });

  it('is open to nobody while an author is not known, and at once when an agent tells', async () => {
    const [ada, bob] = await Promise.all([
      world.token(`ada${runs}`, { emails: ['ada@example.com'] }),
      world.token(`bob${runs}`, { emails: ['bob@example.com'] }),
    ]);
    const commit = 'c0ffee'.padEnd(40, '0');
    await world.apply(pipeline(web, [gated('prod', { type: 'approval' })]));
    await world.release(web, { commit, authorUnknown: true });
    const { id, waitingFor } = await world.until(where('prod'), 'Gating');
    const what = `the author of ${web}-1 (GitRepository/flux-system/flux-system) is not known`;
    expect(waitingFor).toBe(
      `approval: 0 of 1 approvals; ${what}: add a releases.watch to the pipeline, or set authorMayApprove`,
    );
    const refused = await act(id, 'approve', {}, bob);
    expect([refused.statusCode, refused.json().error.message]).toEqual([
      409,
      `promotion "${id}": ${what}, so nobody can tell who may not approve it for prod`,
    ]);
    const objects = [gitRepository(commit, { revisionAuthor: 'Ada <ada@example.com>' })];
    await seedCluster(world.api, { name: `told-${runs}`, objects });
    expect((await act(id, 'approve', {}, ada)).statusCode).toBe(403);
    expect((await act(id, 'approve', {}, bob)).json().state).toBe('RollingOut');
    const [item] = (await world.api.ask('GET', `/api/v1/releases/${web}-1`)).json().items;
    expect(item).toMatchObject({ authors: ['Ada <ada@example.com>'] });
    expect(item).not.toHaveProperty('authorUnknown');
  });

  it('is forbidden to a token without addresses, which could be an author’s', async () => {
    const nameless = await world.token(`ci${runs}`, { emails: [] });
    const { id, release } = await waiting({ type: 'approval' });
    const refused = await act(id, 'approve', {}, nameless);
    expect([refused.statusCode, refused.json().error]).toMatchObject([
      403,
      {
        code: 'Forbidden',
        message: expect.stringContaining(
          `the token "ci${runs}" has no e-mail addresses, so nobody can tell whether it is an author's, who may not approve release "${release.name}" for prod`,
        ),
        remedy: expect.stringContaining('--emails ADDRESSES'),
      },
    ]);
    const [promotion] = await world.list(where('prod'));
    expect(promotion).toMatchObject({ state: 'Gating', approvals: [] });
  });

  it('is open to a token without addresses where authors may give it', async () => {
    const nameless = await world.token(`ci${runs}`, { emails: [] });
    const { id } = await waiting({ type: 'approval', authorMayApprove: true });
    expect((await act(id, 'approve', {}, nameless)).json().state).toBe('RollingOut');
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
    expect(held).toMatchObject({
      waitingFor: `freeze: freeze f${runs} until ${until}: sale`,
      waitingUntil: until,
    });
    const body = { promotion: held.id, reason: 'the site is down' };
    const [ada, bob] = [await world.token(`ada${runs}`), await world.token(`bob${runs}`)];
    for (const token of [ada, bob])
      await world.api.ask('POST', `/api/v1/freezes/f${runs}/break-glass`, { body, token });
    await world.until(where('prod'), 'RollingOut');
    expect(world.rollouts.started.at(-1)).toMatchObject({ promotionId: held.id, breakGlass: true });
  });
});
