// Who may stop the line, and who may let go.
import type { LightMyRequestResponse } from 'fastify';
import { StandingPort } from '@flotilla/hub/gateway/standing-port';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import type { ApiHub } from './api-hub.js';
import { startApiHub } from './api-hub.js';
import { seedCluster } from './api-seed.js';
import { document, environment } from './documents.js';

const hour = 3_600_000;
let api: ApiHub;
let operator: string;
let other: string;
let viewer: string;

beforeAll(async () => {
  api = await startApiHub(await sharedPostgres());
  operator = await tokenOf('grace', 'operator');
  other = await tokenOf('linus', 'operator');
  viewer = await tokenOf('eve', 'viewer');
});
afterAll(() => api?.stop());
beforeEach(async () => {
  for (const table of ['freezes', 'clusters']) await api.database.query(`DELETE FROM ${table}`);
});

async function tokenOf(name: string, role: string): Promise<string> {
  const answer = await api.ask('POST', '/api/v1/api-tokens', { body: { name, role } });
  return answer.json().token;
}

function inHours(count: number): string {
  return new Date(api.clock.now().getTime() + count * hour).toISOString();
}

function freeze(name: string, spec: object = {}): object {
  const defaults = { scope: { organisation: true }, reason: 'nobody is on call', until: inHours(1) };
  return document('Freeze', name, { ...defaults, ...spec });
}

async function freezesOf(clusterId: string): Promise<readonly string[]> {
  const set = await api.hub.app.get(StandingPort, { strict: false }).current(clusterId, 0n);
  return set?.freezes.map(({ id }) => id) ?? [];
}

/** Without a token: as admin. */
async function put(documents: readonly object[], token?: string): Promise<LightMyRequestResponse> {
  return api.ask('PUT', '/api/v1/apply', { body: { documents }, ...(token !== undefined && { token }) });
}

async function lift(name: string, token?: string): Promise<LightMyRequestResponse> {
  return api.ask('DELETE', `/api/v1/freezes/${name}`, { ...(token !== undefined && { token }) });
}

describe('a viewer', () => {
  it('reads freezes, and neither makes nor lifts one', async () => {
    await put([freeze('f')]);
    expect((await api.ask('GET', '/api/v1/freezes', { token: viewer })).json().total).toBe(1);
    expect((await put([freeze('g')], viewer)).statusCode).toBe(403);
    expect((await lift('f', viewer)).statusCode).toBe(403);
  });
});

describe('an operator', () => {
  it('stops the line, changes that, and lets go', async () => {
    const id = await seedCluster(api, { name: 'a' });
    expect((await put([freeze('stop')], operator)).json().documents[0].outcome).toBe('created');
    await expect.poll(() => freezesOf(id)).toEqual(['stop']);
    const longer = freeze('stop', { until: inHours(2) });
    expect((await put([longer], operator)).json().documents[0].outcome).toBe('configured');
    expect((await lift('stop', operator)).statusCode).toBe(204);
    await expect.poll(() => freezesOf(id)).toEqual([]);
    const { items } = (await api.ask('GET', '/api/v1/audit?target=freeze/stop&limit=3')).json();
    expect(items.map(({ action, actor }: Record<string, string>) => `${action} by ${actor}`)).toEqual([
      'freeze.deleted by grace',
      'freeze.configured by grace',
      'freeze.created by grace',
    ]);
  });

  it.each([
    ['an admin has made', () => put([freeze('f')])],
    ['another operator has made', () => put([freeze('f')], other)],
    [
      'an admin has changed since',
      async () => {
        await put([freeze('f', { until: inHours(3) })], operator);
        await put([freeze('f')]);
      },
    ],
  ])('neither changes nor lifts one that %s', async (_sentence, make) => {
    await make();
    const before = (await api.ask('GET', '/api/v1/freezes/f')).json();
    for (const refused of [
      await put([freeze('f', { until: inHours(0.5) })], operator),
      await lift('f', operator),
    ]) {
      const { code, message, remedy } = refused.json().error;
      expect([refused.statusCode, code]).toEqual([403, 'Forbidden']);
      expect(message).toBe(
        `Freeze/f: it is a freeze of "${before.updatedBy}" (nobody is on call) until ${inHours(1)}; the token "grace" may change and lift its own alone`,
      );
      expect(remedy).toContain('ask an admin');
    }
    expect((await api.ask('GET', '/api/v1/freezes/f')).json()).toEqual(before);
    expect((await lift('f')).statusCode).toBe(204);
  });

  it('takes the name of one that has ended', async () => {
    await put([freeze('stop')]);
    api.clock.advance(hour);
    expect((await put([freeze('stop')], operator)).json().documents[0].outcome).toBe('created');
    expect((await api.ask('GET', '/api/v1/freezes/stop')).json().state).toBe('Active');
    expect((await lift('stop', other)).statusCode).toBe(403);
    expect((await lift('stop', operator)).statusCode).toBe(204);
  });

  it('applies nothing else, not even along with a freeze', async () => {
    const refused = await put(
      [freeze('f'), environment('prod', { env: 'prod' }, { allowEmpty: true })],
      operator,
    );
    expect([refused.statusCode, refused.json().error]).toMatchObject([
      403,
      {
        code: 'Forbidden',
        message:
          'Environment/prod: documents of kind Environment need the role admin, which the token "grace" does not have',
      },
    ]);
    expect((await api.ask('GET', '/api/v1/freezes')).json().total).toBe(0);
  });

  it('does not force', async () => {
    const body = { documents: [freeze('f')] };
    const forced = await api.ask('PUT', '/api/v1/apply?force=true', { body, token: operator });
    expect([forced.statusCode, forced.json().error.field]).toEqual([403, 'force']);
    await put([freeze('f')], operator);
    const lifted = await api.ask('DELETE', '/api/v1/freezes/f?force=true', { token: operator });
    expect(lifted.statusCode).toBe(403);
  });

  it('is told what does not exist', async () => {
    expect((await lift('nope', operator)).statusCode).toBe(404);
  });
});
