import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StandingPort } from '@flotilla/hub/gateway/standing-port';
import { Rollouts } from '@flotilla/hub/rollouts/rollouts';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';
import type { ApiHub } from './api-hub.js';
import { startApiHub } from './api-hub.js';
import { failedBuild, revisionOf } from './api-seed.js';
import { document } from './documents.js';
import type { RolloutAnswer } from './rollout-rig.js';
import { call, picture, RolloutRig, source } from './rollout-rig.js';

const old = 'aaaa';
const waves = [{ name: 'first', size: 1 }, { name: 'second' }];
let api: ApiHub;
let rig: RolloutRig;
let runs = 0;
let place: string;
let promotionId: string;

beforeAll(async () => {
  api = await startApiHub(await sharedPostgres());
});
afterAll(() => api?.stop());
beforeEach(async () => {
  runs += 1;
  [place, promotionId] = [`place-${runs}`, `promotion-${runs}`];
  rig = new RolloutRig(api);
  await rig.environment(place);
  for (const name of ['a', 'b']) await rig.cluster(`${name}-${runs}`, { env: place }, old);
});

/** Freezes the environment from now on. */
async function freeze(name: string): Promise<string> {
  const until = new Date(api.clock.now().getTime() + 3_600_000).toISOString();
  const spec = { scope: { environment: place }, reason: `it is ${name}`, until };
  const body = document('Freeze', `${name}-${runs}`, spec);
  expect((await api.ask('PUT', '/api/v1/apply', { body })).statusCode).toBe(200);
  const rows: { id: string }[] = await api.database.query('SELECT id FROM freezes WHERE name = $1', [
    `${name}-${runs}`,
  ]);
  return rows[0]!.id;
}

/** Two people let the promotion pass a freeze; the sets of the fleet follow the word that the service spreads. */
async function allow(freezeId: string): Promise<void> {
  await api.database.query(
    `INSERT INTO break_glass (id, freeze_id, promotion_id, reason, requested_by, requested_token, requested_at, expires_at,
       granted_by, granted_at)
     VALUES ($1, $2, $3, 'the shop is down', 'ada', 't1', $4, $4, 'grace', $4)`,
    [`${promotionId}-${freezeId}`, freezeId, promotionId, api.clock.now()],
  );
}

/** What the agent is told: the revision of its pin, and whether the pin passes the freezes that stand. */
async function told(name: string): Promise<string> {
  const set = await api.hub.app
    .get(StandingPort, { strict: false })
    .current(rig.clusters.get(`${name}-${runs}`)!, 0n);
  const [pin] = set?.pins ?? [];
  if (!pin) return 'nothing';
  return `${pin.revision === revisionOf(old) ? 'old' : 'new'}${pin.breakGlass ? ', passes' : ''}`;
}

async function messageOf(id: string, cluster: string): Promise<string> {
  const { body } = await call<RolloutAnswer>(api, 'GET', `/api/v1/rollouts/${id}`);
  return body.members.find((one) => one.cluster === `${cluster}-${runs}`)?.message ?? '';
}

/** What promotions say of the freeze that holds their rollout. */
async function frozen(): Promise<string | null | undefined> {
  const rollouts = api.hub.app.get(Rollouts, { strict: false });
  return (await rollouts.summaries(api.database.manager, [promotionId]))[0]?.frozen;
}

describe('a rollout by break-glass', () => {
  it('is stopped by a freeze that comes between its waves, until that one may be passed, too', async () => {
    await allow(await freeze('sale'));
    const id = await rig.start(place, 'bbb1', { promotionId, breakGlass: true }, { waves });
    await rig.look(id);
    expect([await told('a'), await told('b')]).toEqual(['new, passes', 'nothing']);

    const line = await freeze('line');
    // Also the pin of the first wave does not pass it.
    await waitFor('the pin to be held', async () => (await told('a')) === 'new');
    await rig.reports(`a-${runs}`, 'bbb1');
    await rig.confirm(`b-${runs}`);
    await rig.look(id);
    expect(await picture(api, id)).toBe(`Running a-${runs}=Done b-${runs}=Pending`);
    expect(await messageOf(id, 'b')).toMatch(/^frozen by "line-\d+" until .*: it is line$/);
    expect(await frozen()).toBe(await messageOf(id, 'b'));
    expect(await told('b')).toBe('nothing');

    await allow(line);
    await rig.look(id);
    expect(await frozen()).toBeNull();
    expect(await told('b')).toBe('new, passes');
    await rig.reports(`b-${runs}`, 'bbb1');
    await rig.confirm(`a-${runs}`);
    await rig.look(id);
    expect(await picture(api, id)).toBe(`Succeeded a-${runs}=Done b-${runs}=Done`);
  });

  it('goes back by itself through the freezes that it may pass, and through no other', async () => {
    await allow(await freeze('sale'));
    const id = await rig.start(place, 'bbb2', { promotionId, breakGlass: true }, { waves });
    await rig.look(id);
    await rig.reports(`a-${runs}`, 'bbb2', failedBuild(old, 'bbb2'));
    await rig.look(id);
    expect(await picture(api, id)).toBe(`RollingBack a-${runs}=RollingBack b-${runs}=Skipped`);
    expect(await told('a')).toBe('old, passes');
    await freeze('line');
    await waitFor('the way back to be frozen', async () => (await told('a')) === 'old');
  });
});

describe('a rollback in a freeze', () => {
  it('moves nothing: what is done stays where it is until the freeze is over', async () => {
    const id = await rig.start(place, 'bbb3', { promotionId }, { waves });
    await rig.look(id);
    await rig.reports(`a-${runs}`, 'bbb3');
    await rig.confirm(`b-${runs}`);
    await rig.look(id);
    await freeze('line');
    await call(api, 'POST', `/api/v1/rollouts/${id}/rollback`, { reason: 'wrong numbers' });
    await rig.look(id);
    expect(await messageOf(id, 'a')).toContain('frozen by');
    expect(await told('a')).toBe('new');
    expect((await api.ask('DELETE', `/api/v1/freezes/line-${runs}`)).statusCode).toBeLessThan(300);
    await rig.confirm(`a-${runs}`, `b-${runs}`);
    await rig.look(id);
    expect(await told('a')).toBe('old');
    await rig.reports(`a-${runs}`, old);
    await rig.look(id);
    expect(await picture(api, id)).toMatch(/^RolledBack a-\d+=RolledBack/);
  });
});

describe('a veto of a person', () => {
  const url = 'https://git.example.com/org/fleet';

  it.each<readonly [string, string, { readonly released?: string }]>([
    ['it moves clusters to', 'bbb4', {}],
    ['Git was written for', 'bbb6', { released: revisionOf('bbb7') }],
  ])('of what %s stops a rollout at once, without a report of a cluster', async (_what, commit, more) => {
    const item = { source, url, revision: revisionOf(commit), ...more };
    const id = await rig.start(place, commit, { promotionId, items: [item] }, { waves, soak: '1h' });
    await rig.look(id);
    await rig.reports(`a-${runs}`, commit);
    await rig.look(id);
    const body = { url, revision: item.released ?? item.revision, reason: 'leaks secrets' };
    expect((await api.ask('POST', '/api/v1/vetoes', { body })).statusCode).toBeLessThan(300);
    // The clock of this hub stands still: no sweep and no timer would look.
    await waitFor('the rollback', async () => (await picture(api, id)).startsWith('RollingBack'), {
      timeoutMs: 3_000,
    });
    expect(await told('a')).toBe('old');
  });

  it('stops only rollouts from the address that it is about', async () => {
    const body = {
      url: 'https://git.example.com/org/other',
      revision: revisionOf('bbb5'),
      reason: 'a fork',
    };
    expect((await api.ask('POST', '/api/v1/vetoes', { body })).statusCode).toBeLessThan(300);
    const items = [{ source, url, revision: revisionOf('bbb5') }];
    const id = await rig.start(place, 'bbb5', { promotionId, items });
    await rig.look(id);
    expect(await picture(api, id)).toMatch(/^Running/);
  });
});
