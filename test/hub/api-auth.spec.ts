import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessKey } from '@flotilla/hub/auth/access';
import { ApiTokenStore } from '@flotilla/hub/auth/api-token.store';
import { bootstrapAdminToken } from '@flotilla/hub/auth/bootstrap-admin-token';
import { roles } from '@flotilla/hub/auth/domain/role';
import { startPostgres } from '../servers/postgres.js';
import type { Postgres } from '../servers/postgres.js';
import type { ApiHub } from './api-hub.js';
import { adminToken, startApiHub } from './api-hub.js';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Every call of the API and the weakest role that may make it. A new route has to be added here. */
const calls: readonly (readonly [Method, string, 'viewer' | 'operator' | 'admin'])[] = [
  ['GET', '/api/v1/whoami', 'viewer'],
  ['GET', '/api/v1/clusters', 'viewer'],
  ['GET', '/api/v1/clusters/{name}', 'viewer'],
  ['PATCH', '/api/v1/clusters/{name}', 'admin'],
  ['DELETE', '/api/v1/clusters/{name}', 'admin'],
  ['POST', '/api/v1/clusters/{name}/revoke', 'admin'],
  ['GET', '/api/v1/clusters/{name}/objects/{kind}/{namespace}/{object}', 'viewer'],
  ['GET', '/api/v1/objects', 'viewer'],
  ['GET', '/api/v1/events', 'viewer'],
  ['GET', '/api/v1/where/{commit}', 'viewer'],
  ['GET', '/api/v1/intents', 'viewer'],
  ['POST', '/api/v1/intents', 'operator'],
  ['GET', '/api/v1/intents/{id}', 'viewer'],
  ['GET', '/api/v1/join-tokens', 'admin'],
  ['POST', '/api/v1/join-tokens', 'admin'],
  ['DELETE', '/api/v1/join-tokens/{id}', 'admin'],
  ['GET', '/api/v1/api-tokens', 'admin'],
  ['POST', '/api/v1/api-tokens', 'admin'],
  ['DELETE', '/api/v1/api-tokens/{id}', 'admin'],
  ['GET', '/api/v1/audit', 'admin'],
  ['GET', '/api/v1/promotions', 'viewer'],
  ['POST', '/api/v1/promotions', 'operator'],
  ['GET', '/api/v1/promotions/{id}', 'viewer'],
  ['POST', '/api/v1/promotions/{id}/approve', 'operator'],
  ['POST', '/api/v1/promotions/{id}/reject', 'operator'],
  ['POST', '/api/v1/promotions/{id}/abort', 'operator'],
  ['PUT', '/api/v1/apply', 'operator'],
  ['GET', '/api/v1/configuration', 'viewer'],
  ['GET', '/api/v1/environments', 'viewer'],
  ['GET', '/api/v1/environments/{name}', 'viewer'],
  ['DELETE', '/api/v1/environments/{name}', 'admin'],
  ['GET', '/api/v1/pipelines', 'viewer'],
  ['GET', '/api/v1/pipelines/{name}', 'viewer'],
  ['DELETE', '/api/v1/pipelines/{name}', 'admin'],
  ['GET', '/api/v1/releases', 'viewer'],
  ['GET', '/api/v1/releases/{idOrName}', 'viewer'],
  ['POST', '/api/v1/releases', 'operator'],
  ['GET', '/api/v1/rollouts', 'viewer'],
  ['GET', '/api/v1/rollouts/{id}', 'viewer'],
  ['POST', '/api/v1/rollouts/{id}/pause', 'operator'],
  ['POST', '/api/v1/rollouts/{id}/resume', 'operator'],
  ['POST', '/api/v1/rollouts/{id}/abort', 'operator'],
  ['POST', '/api/v1/rollouts/{id}/skip-wave', 'operator'],
  ['POST', '/api/v1/rollouts/{id}/retry-failed', 'operator'],
  ['POST', '/api/v1/rollouts/{id}/rollback', 'operator'],
  ['GET', '/api/v1/freezes', 'viewer'],
  ['GET', '/api/v1/freezes/{name}', 'viewer'],
  ['DELETE', '/api/v1/freezes/{name}', 'operator'],
  ['POST', '/api/v1/freezes/{name}/break-glass', 'operator'],
  ['GET', '/api/v1/vetoes', 'viewer'],
  ['POST', '/api/v1/vetoes', 'operator'],
  ['POST', '/api/v1/vetoes/{id}/lift', 'operator'],
  ['GET', '/api/v1/plans', 'viewer'],
  ['POST', '/api/v1/plans', 'operator'],
  ['GET', '/api/v1/plans/{id}', 'viewer'],
  ['GET', '/api/v1/stream', 'viewer'],
];

let postgres: Postgres;
let api: ApiHub;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  postgres = await startPostgres();
  api = await startApiHub(postgres);
  for (const role of roles) tokens[role] = (await createToken({ name: `a-${role}`, role })).token;
});
afterAll(async () => {
  await api?.stop();
  await postgres?.stop();
});

async function createToken(body: object): Promise<{ id: string; token: string }> {
  const response = await api.ask('POST', '/api/v1/api-tokens', { body });
  expect(response.statusCode, response.body).toBe(201);
  return response.json();
}

describe('the rights on every route', () => {
  it('are declared by each handler of the hub', () => {
    const undeclared: string[] = [];
    for (const module of api.hub.app.get(ModulesContainer).values()) {
      for (const { metatype } of module.controllers.values()) {
        const prototype = metatype?.prototype as Record<string, object> | undefined;
        for (const name of Object.getOwnPropertyNames(prototype ?? {})) {
          const handler = prototype?.[name];
          if (
            handler === undefined ||
            name === 'constructor' ||
            !Reflect.hasMetadata(METHOD_METADATA, handler)
          )
            continue;
          const access = Reflect.getMetadata(accessKey, handler) ?? Reflect.getMetadata(accessKey, metatype!);
          if (access === undefined) undeclared.push(`${metatype!.name}.${name}`);
        }
      }
    }
    expect(undeclared).toEqual([]);
  });

  it('are tested below for exactly the calls of the document', async () => {
    const document = (await api.ask('GET', '/api/v1/openapi.json', { token: null })).json();
    const documented = Object.entries(document.paths as Record<string, object>).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    // Webhooks take no API token; plan-pull-requests.spec.ts tells who is let in.
    const byToken = documented.filter((call) => !call.startsWith('POST /api/v1/hooks/'));
    expect(calls.map(([method, path]) => `${method} ${path}`).sort()).toEqual(byToken.sort());
  });

  describe.each(calls)('%s %s needs %s', (method, path, needed) => {
    const url = path.replace(/\{\w+\}/g, 'nothing-like-it');
    // The stream never ends; what is asked for here is only whether it begins.
    const options =
      path === '/api/v1/stream'
        ? { headers: { 'x-test': 'x' } }
        : { body: method === 'GET' ? undefined : {} };

    it('is closed without a token', async () => {
      const response = await api.ask(method, url, { token: null, ...plain(options) });
      expect(response.statusCode).toBe(401);
      expect(response.headers['www-authenticate']).toBe('Bearer');
    });

    it.each(roles)('to %s', async (role) => {
      const allowed = roles.indexOf(role) >= roles.indexOf(needed);
      if (path === '/api/v1/stream') return expect(allowed).toBe(true);
      const response = await api.ask(method, url, { token: tokens[role]!, ...plain(options) });
      if (allowed) expect([200, 201, 202, 204, 404, 422]).toContain(response.statusCode);
      else expect([response.statusCode, response.json().error.code]).toEqual([403, 'Forbidden']);
    });
  });

  it.each(['/healthz', '/readyz', '/metrics', '/api/v1/openapi.json'])(
    'are not asked for at %s',
    async (url) => {
      expect((await api.ask('GET', url, { token: null })).statusCode).toBe(200);
    },
  );
});

function plain(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

describe('an API token', () => {
  it('is kept as a hash, and shown once', async () => {
    const { id, token } = await createToken({ name: 'once', role: 'viewer' });
    expect(token).toMatch(/^flt_[a-z2-7]{12}_[A-Za-z0-9_-]{43}$/);
    const dump = JSON.stringify(await api.database.query('SELECT * FROM api_tokens, audit_records'));
    const secret = token.split('_').slice(2).join('_');
    expect(dump).not.toContain(secret);
    const [row] = await api.database.query('SELECT secret_hash FROM api_tokens WHERE id = $1', [id]);
    expect(row.secret_hash).toEqual(createHash('sha256').update(token).digest());
    for (const path of ['/api/v1/api-tokens', '/api/v1/audit', '/api/v1/whoami']) {
      expect((await api.ask('GET', path)).body).not.toContain(secret);
    }
    expect(api.log()).not.toContain(secret);
    expect(api.log()).not.toContain(adminToken);
  });

  it('works until it expires', async () => {
    const { token } = await createToken({ name: 'short', role: 'viewer', ttlSeconds: 60 });
    const status = async () => (await api.ask('GET', '/api/v1/whoami', { token })).statusCode;
    expect(await status()).toBe(200);
    api.clock.advance(60_000);
    expect(await status()).toBe(401);
    const listed = (await api.ask('GET', '/api/v1/api-tokens'))
      .json()
      .items.map(({ name }: { name: string }) => name);
    expect(listed).not.toContain('short');
  });

  it('works until it is revoked, from the next request on', async () => {
    const { id, token } = await createToken({ name: 'revoked', role: 'admin' });
    const status = async () => (await api.ask('GET', '/api/v1/whoami', { token })).statusCode;
    expect(await status()).toBe(200);
    expect((await api.ask('DELETE', `/api/v1/api-tokens/${id}`)).statusCode).toBe(204);
    expect(await status()).toBe(401);
    expect((await api.ask('DELETE', `/api/v1/api-tokens/${id}`)).statusCode).toBe(404);
    expect((await createToken({ name: 'revoked', role: 'viewer' })).id).not.toBe(id);
  });

  it('tells when it was used last, to the minute', async () => {
    const { id, token } = await createToken({ name: 'used', role: 'viewer' });
    const lastUsedAt = async () =>
      (await api.ask('GET', '/api/v1/api-tokens?limit=500'))
        .json()
        .items.find((one: { id: string }) => one.id === id).lastUsedAt;
    expect(await lastUsedAt()).toBeNull();
    const first = api.clock.now().toISOString();
    await api.ask('GET', '/api/v1/whoami', { token });
    expect(await lastUsedAt()).toBe(first);
    api.clock.advance(30_000);
    await api.ask('GET', '/api/v1/whoami', { token });
    expect(await lastUsedAt()).toBe(first);
    api.clock.advance(31_000);
    await api.ask('GET', '/api/v1/whoami', { token });
    expect(await lastUsedAt()).toBe(api.clock.now().toISOString());
  });

  it('has a name of its own', async () => {
    await createToken({ name: 'taken', role: 'viewer' });
    const response = await api.ask('POST', '/api/v1/api-tokens', { body: { name: 'taken', role: 'viewer' } });
    expect([response.statusCode, response.json().error.field]).toEqual([409, 'name']);
  });

  it.each([
    [{ role: 'viewer' }, 'name'],
    [{ name: 'has blanks', role: 'viewer' }, 'name'],
    [{ name: 'x', role: 'root' }, 'role'],
    [{ name: 'x', role: 'viewer', ttlSeconds: 1 }, 'ttlSeconds'],
    [{ name: 'x', role: 'viewer', ttl: 60 }, 'ttl'],
  ])('is not made from %j', async (body, field) => {
    const response = await api.ask('POST', '/api/v1/api-tokens', { body });
    expect([response.statusCode, response.json().error.field]).toEqual([422, field]);
  });

  it.each([
    ['no scheme', adminToken],
    ['another scheme', `Basic ${adminToken}`],
    ['a cut token', `Bearer ${adminToken.slice(0, -1)}`],
    ['a longer token', `Bearer ${adminToken}x`],
    ['two tokens', `Bearer ${adminToken} ${adminToken}`],
    ['nothing', 'Bearer '],
  ])('is not taken from %s', async (_sentence, authorization) => {
    const response = await api.ask('GET', '/api/v1/whoami', { token: null, headers: { authorization } });
    expect(response.statusCode).toBe(401);
    expect(response.body).not.toContain(adminToken.slice(20));
    api.clock.advance(61_000);
  });

  it('is not taken from the address', async () => {
    const response = await api.ask('GET', `/api/v1/stream?access_token=${adminToken}`, { token: null });
    expect(response.statusCode).toBe(401);
    expect(api.log()).not.toContain(adminToken);
  });
});

describe('failed authentication', () => {
  it('is limited for each address, and good tokens that are known go on working from there', async () => {
    api.clock.advance(61_000);
    const wrong = () => api.ask('GET', '/api/v1/whoami', { token: 'flt_wrong_token' });
    for (let attempt = 0; attempt < 10; attempt += 1) expect((await wrong()).statusCode).toBe(401);
    const refused = await wrong();
    expect([refused.statusCode, refused.json().error.code]).toEqual([429, 'TooManyRequests']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await api.ask('GET', '/api/v1/whoami')).statusCode).toBe(200);
    api.clock.advance(61_000);
    expect((await wrong()).statusCode).toBe(401);
  });
});

describe('the sender of a request', () => {
  /** Wrong tokens from there until the address is refused; gives how many were taken before. */
  async function failures(hub: ApiHub, forwarded: (attempt: number) => string): Promise<number> {
    for (let attempt = 0; attempt < 30; attempt += 1) {
      const headers = { 'x-forwarded-for': forwarded(attempt) };
      const answer = await hub.ask('GET', '/api/v1/whoami', { token: 'flt_wrong_token', headers });
      if (answer.statusCode === 429) return attempt;
    }
    return 30;
  }

  it('is who connects, whatever the request says', async () => {
    api.clock.advance(61_000);
    expect(await failures(api, (attempt) => `192.0.2.${attempt}`)).toBe(10);
    api.clock.advance(61_000);
  });

  it('is whom a trusted proxy names: one who fails too often locks nobody else out', async () => {
    const behind = await startApiHub(postgres, { FLOTILLA_HUB_TRUSTED_PROXY: '127.0.0.0/8, 198.51.100.7' });
    try {
      expect(await failures(behind, (attempt) => `192.0.2.${attempt}`)).toBe(30);
      // What the sender itself has put in front is not believed.
      expect(await failures(behind, (attempt) => `192.0.2.${attempt}, 203.0.113.9`)).toBe(10);
      expect(await failures(behind, () => '203.0.113.9, 198.51.100.7')).toBe(0);
      expect(await failures(behind, () => '203.0.113.10, 198.51.100.7')).toBe(10);
      expect(behind.log()).toContain('"address":"203.0.113.9"');
    } finally {
      await behind.stop();
    }
  });
});

describe('every answer', () => {
  it('carries an id and the headers that browsers need to leave it alone', async () => {
    const { headers } = await api.ask('GET', '/api/v1/whoami');
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
    });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is logged once, without its query', async () => {
    const response = await api.ask('GET', '/api/v1/clusters?q=confidential');
    const id = String(response.headers['x-request-id']);
    const lines = api
      .log()
      .split('\n')
      .filter((line) => line.includes(id) && line.includes('"msg":"request"'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      method: 'GET',
      path: '/api/v1/clusters',
      status: 200,
      actor: 'admin-from-environment',
    });
    expect(api.log()).not.toContain('confidential');
  });

  it('to a body of more than 1 MiB is a refusal', async () => {
    const body = { name: 'x'.repeat(1_100_000), role: 'viewer' };
    const response = await api.ask('POST', '/api/v1/api-tokens', { body });
    expect(response.statusCode).toBe(413);
    expect(response.json()).toEqual({
      error: {
        code: 'TooLarge',
        message: 'the body of the request is too large',
        remedy: 'a body has at most 1 MiB; send it in several calls',
        id: expect.any(String),
      },
    });
  });
});

describe('the first admin token', () => {
  const store = new ApiTokenStore();
  const now = new Date('2026-03-01T12:00:00Z');

  async function withEmptyDatabase(
    work: (database: DataSource, dataDir: string) => Promise<void>,
  ): Promise<void> {
    const dataDir = mkdtempSync(join(tmpdir(), 'flotilla-bootstrap-'));
    const url = await postgres.createDatabase();
    const { migrate } = await import('@flotilla/hub/platform/database/migrate');
    await migrate(url);
    const database = await new DataSource({ type: 'postgres', url }).initialize();
    try {
      await work(database, dataDir);
    } finally {
      await database.destroy();
      rmSync(dataDir, { recursive: true });
    }
  }

  const bootstrap = (database: DataSource, dataDir: string, given?: string) =>
    database.transaction((manager) =>
      bootstrapAdminToken(manager, store, { dataDir, adminToken: given, now }),
    );
  const roleOf = async (database: DataSource, token: string) => {
    const hash = createHash('sha256').update(token).digest();
    return (await store.findByHash(database.manager, hash, now))?.role ?? null;
  };

  it('is made once, in a file that only its owner can read', async () => {
    await withEmptyDatabase(async (database, dataDir) => {
      const file = join(dataDir, 'admin-token');
      const outcomes = await Promise.all([bootstrap(database, dataDir), bootstrap(database, dataDir)]);
      expect(outcomes.sort()).toEqual(['created', 'kept']);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(await roleOf(database, readFileSync(file, 'utf8').trim())).toBe('admin');
    });
  });

  it('of a file that is there already goes on working with a new database', async () => {
    await withEmptyDatabase(async (database, dataDir) => {
      const token = `flt_abcdefghijkl_${'A'.repeat(43)}`;
      writeFileSync(join(dataDir, 'admin-token'), `${token}\n`);
      expect(await bootstrap(database, dataDir)).toBe('created');
      expect(await roleOf(database, token)).toBe('admin');
    });
  });

  it('from the environment leaves no file, and is replaced by the next one', async () => {
    await withEmptyDatabase(async (database, dataDir) => {
      const [first, second] = ['a'.repeat(40), 'b'.repeat(40)] as const;
      expect(await bootstrap(database, dataDir, first)).toBe('taken from the environment');
      expect(await bootstrap(database, dataDir, first)).toBe('kept');
      expect(await bootstrap(database, dataDir, second)).toBe('taken from the environment');
      expect([await roleOf(database, first), await roleOf(database, second)]).toEqual([null, 'admin']);
      expect(existsSync(join(dataDir, 'admin-token'))).toBe(false);
    });
  });

  it('cannot be revoked while it is the last one', async () => {
    const other = await startApiHub(postgres);
    try {
      const [{ id }] = (await other.ask('GET', '/api/v1/api-tokens')).json().items;
      const refused = await other.ask('DELETE', `/api/v1/api-tokens/${id}`);
      expect([refused.statusCode, refused.json().error.code]).toEqual([409, 'Conflict']);
      await other.ask('POST', '/api/v1/api-tokens', { body: { name: 'second', role: 'admin' } });
      expect((await other.ask('DELETE', `/api/v1/api-tokens/${id}`)).statusCode).toBe(204);
    } finally {
      await other.stop();
    }
  });
});
