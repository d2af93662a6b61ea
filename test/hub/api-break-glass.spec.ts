import type { LightMyRequestResponse } from 'fastify';
import { BreakGlass } from '@flotilla/hub/freezes/break-glass';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FreezeRig, hour, openEnvironment } from './freeze-rig.js';

let rig: FreezeRig;
let operator: string;

beforeAll(async () => {
  rig = await FreezeRig.start();
  operator = await rig.tokenOf('grace', 'operator');
});
afterAll(async () => {
  await rig?.stop();
});
beforeEach(async () => {
  await rig.clear();
});

describe('breaking the glass of a freeze', () => {
  beforeEach(async () => {
    await rig.api.database.query('DELETE FROM promotions');
    await insertPromotion('p1', 'Gating');
    await insertPromotion('over', 'Promoted');
  });

  /** Of a pipeline that was deleted, so that nobody moves it. */
  async function insertPromotion(id: string, state: string): Promise<void> {
    await rig.api.database.query(
      `INSERT INTO promotions (id, pipeline, environment, release_id, release_name, release_number, origin, priority,
         requested_by, state, reason, waiting_for, authors, created_at, updated_at, ended_at, retired_at)
       VALUES ($1, 'gone', 'prod', 'r1', 'gone-1', 1, 'manual', 'normal', 'ada', $2, 'why', '', '{"emails":[],"tokens":[]}',
         $3, $3, CASE WHEN $2 = 'Gating' THEN NULL ELSE $3::timestamptz END, $3)`,
      [id, state, rig.api.clock.now()],
    );
  }

  async function ask(
    token: string | undefined,
    body: object = {},
    name = 'f',
  ): Promise<LightMyRequestResponse> {
    return rig.api.ask('POST', `/api/v1/freezes/${name}/break-glass`, {
      body: { promotion: 'p1', reason: 'the shop is down', ...body },
      ...(token !== undefined && { token }),
    });
  }
  async function isGranted(freezeIds?: readonly string[]): Promise<boolean> {
    return rig.api.hub.app
      .get(BreakGlass, { strict: false })
      .isGranted(rig.api.database.manager, 'p1', freezeIds);
  }
  async function idOf(name: string): Promise<string> {
    const rows: { id: string }[] = await rig.api.database.query('SELECT id FROM freezes WHERE name = $1', [
      name,
    ]);
    return rows[0]!.id;
  }

  it('takes two people, and is audited', async () => {
    await rig.apply(rig.freeze('f'));
    expect((await ask(operator)).json().breakGlass).toMatchObject([
      { promotion: 'p1', state: 'Requested', requestedBy: 'grace', grantedBy: null },
    ]);
    expect(await isGranted()).toBe(false);
    const again = await ask(operator);
    expect([again.statusCode, again.json().error.message]).toEqual([
      403,
      'freeze "f": "grace" has asked, so somebody else must confirm',
    ]);
    expect((await ask(undefined, { reason: 'I agree' })).json().breakGlass).toMatchObject([
      { state: 'Granted', requestedBy: 'grace', grantedBy: 'admin-from-environment' },
    ]);
    expect(await isGranted([await idOf('f')])).toBe(true);
    expect((await ask(operator)).statusCode).toBe(200);
    const audit = (await rig.api.ask('GET', '/api/v1/audit?target=freeze/f&limit=2')).json().items;
    expect(audit).toMatchObject([
      {
        action: 'break-glass.granted',
        actor: 'admin-from-environment',
        details: { promotion: 'p1', reason: 'I agree' },
      },
      {
        action: 'break-glass.requested',
        actor: 'grace',
        details: { promotion: 'p1', reason: 'the shop is down' },
      },
    ]);
  });

  it('holds for that freeze alone, not for a later one with its name', async () => {
    await rig.apply(rig.freeze('f'));
    await ask(operator);
    await ask(undefined);
    const first = await idOf('f');
    rig.api.clock.advance(2 * hour);
    expect(await rig.apply(rig.freeze('f'))).toEqual(['created']);
    expect(await idOf('f')).not.toBe(first);
    expect(await isGranted([await idOf('f')])).toBe(false);
  });

  it('lets pass only the freezes that it was about', async () => {
    await rig.apply(rig.freeze('f'), rig.freeze('g'));
    await ask(operator);
    await ask(undefined);
    expect(await isGranted([await idOf('f'), await idOf('g')])).toBe(false);
    expect(await isGranted()).toBe(false);
    await rig.api.ask('DELETE', '/api/v1/freezes/g');
    expect(await isGranted()).toBe(true);
    await rig.api.ask('DELETE', '/api/v1/freezes/f');
    await rig.apply(rig.freeze('f'));
    expect(await isGranted([await idOf('f')])).toBe(false);
  });

  it('begins anew when nobody confirmed within 15 minutes', async () => {
    await rig.apply(rig.freeze('f'));
    await ask(operator);
    rig.api.clock.advance(15 * 60_000);
    expect((await rig.api.ask('GET', '/api/v1/freezes/f')).json().breakGlass).toMatchObject([
      { state: 'Expired' },
    ]);
    expect((await ask(undefined)).json().breakGlass).toMatchObject([
      { state: 'Requested', requestedBy: 'admin-from-environment' },
    ]);
    expect(await isGranted()).toBe(false);
    expect((await ask(operator)).json().breakGlass).toMatchObject([{ state: 'Granted', grantedBy: 'grace' }]);
  });

  it('takes two people, not one with two tokens', async () => {
    await rig.apply(rig.freeze('f'));
    const ada = await rig.tokenOf('ada', 'operator', ['ada@example.com']);
    const phone = await rig.tokenOf('ada-phone', 'operator', ['Ada@Example.com']);
    expect((await ask(ada)).statusCode).toBe(200);
    const again = await ask(phone);
    expect([again.statusCode, again.json().error.message]).toEqual([
      403,
      'freeze "f": "ada" has asked, and the token "ada-phone" belongs to the same person, so somebody else must confirm',
    ]);
    expect(await isGranted()).toBe(false);
  });

  it('begins anew when the token that asked was revoked before somebody confirmed', async () => {
    await rig.apply(rig.freeze('f'));
    const eve = await rig.tokenOf('eve', 'operator');
    await ask(eve);
    await rig.api.ask('DELETE', `/api/v1/api-tokens/${eve.split('_')[1]}`);
    expect((await rig.api.ask('GET', '/api/v1/freezes/f')).json().breakGlass).toMatchObject([
      { state: 'Expired' },
    ]);
    expect((await ask(operator)).json().breakGlass).toMatchObject([
      { state: 'Requested', requestedBy: 'grace' },
    ]);
    expect(await isGranted()).toBe(false);
  });

  it('of two at the same time asks once and grants once', async () => {
    await rig.apply(rig.freeze('f'));
    const answers = await Promise.all([ask(operator), ask(undefined)]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    expect(await isGranted()).toBe(true);
    const audit = (await rig.api.ask('GET', '/api/v1/audit?target=freeze/f&limit=2')).json().items;
    expect(audit.map(({ action }: { action: string }) => action)).toEqual([
      'break-glass.granted',
      'break-glass.requested',
    ]);
  });

  it.each<readonly [string, () => Promise<LightMyRequestResponse>, number]>([
    ['that does not exist', () => ask(operator, {}, 'nope'), 404],
    ['that has not begun', () => ask(operator, {}, 'later'), 409],
    ['of another environment', () => ask(operator, {}, 'elsewhere'), 409],
    ['by a promotion that does not exist', () => ask(operator, { promotion: 'nope' }), 404],
    ['by a promotion that has ended', () => ask(operator, { promotion: 'over' }), 409],
    ['without a reason', () => ask(operator, { reason: '' }, 'later'), 422],
    ['without a promotion', () => ask(operator, { promotion: '' }, 'later'), 422],
  ])('is refused for one %s', async (_sentence, call, status) => {
    await rig.apply(
      openEnvironment('dev', 'dev'),
      rig.freeze('f'),
      rig.freeze('later', { from: rig.inHours(1), until: rig.inHours(2) }),
      rig.freeze('elsewhere', { scope: { environment: 'dev' } }),
    );
    expect((await call()).statusCode).toBe(status);
  });

  it('is not for viewers', async () => {
    await rig.apply(rig.freeze('f'));
    expect((await ask(await rig.tokenOf('mallory', 'viewer'))).statusCode).toBe(403);
  });
});
