import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres } from '../servers/postgres.js';
import type { Postgres } from '../servers/postgres.js';
import type { ApiHub } from './api-hub.js';
import { startApiHub } from './api-hub.js';

let postgres: Postgres;
let api: ApiHub;

beforeAll(async () => {
  postgres = await startPostgres();
  api = await startApiHub(postgres);
});
afterAll(async () => {
  await api?.stop();
  await postgres?.stop();
});

describe('the answer to what no call can use', () => {
  const longName = 'n'.repeat(253);
  it.each<['GET' | 'POST' | 'PATCH', string, object | undefined, number, string | undefined]>([
    ['GET', `/api/v1/clusters/c/objects/Kustomization/${longName}/${longName}`, undefined, 404, undefined],
    ['GET', `/api/v1/clusters/${'n'.repeat(5_000)}`, undefined, 422, 'path'],
    ['GET', '/api/v1/clusters/%zz', undefined, 422, 'path'],
    ['GET', '/api/v1/clusters/%00', undefined, 422, 'name'],
    ['GET', '/api/v1/clusters?q=%00', undefined, 422, 'q'],
    ['GET', '/api/v1/where/main@sha1:%00', undefined, 422, 'commit'],
    ['POST', '/api/v1/clusters/c/revoke', { reason: 'a\0' }, 422, 'reason'],
    ['POST', '/api/v1/clusters/c/revoke', { reason: '\ud800' }, 422, 'reason'],
    ['PATCH', '/api/v1/clusters/c', { labels: { a: '\0' } }, 422, 'labels.a'],
  ])('is an error of the API: %s %s %j', async (method, url, body, status, field) => {
    const response = await api.ask(method, url, body === undefined ? {} : { body });
    expect([response.statusCode, response.json().error.field]).toEqual([status, field]);
    expect(response.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'x-request-id': response.json().error.id,
    });
  });

  it('is a refusal for a cursor that somebody has made', async () => {
    await api.ask('POST', '/api/v1/join-tokens', { body: {} });
    await api.ask('POST', '/api/v1/join-tokens', { body: {} });
    const { nextCursor } = (await api.ask('GET', '/api/v1/join-tokens?limit=1')).json();
    const [print] = JSON.parse(Buffer.from(nextCursor, 'base64url').toString());
    const made = Buffer.from(JSON.stringify([print, 'yesterday', '\0'])).toString('base64url');
    const wrong = Buffer.from(JSON.stringify([print, 'yesterday', 'x'])).toString('base64url');
    for (const cursor of [made, wrong]) {
      const response = await api.ask('GET', `/api/v1/join-tokens?cursor=${cursor}`);
      expect([response.statusCode, response.json().error.field]).toEqual([422, 'cursor']);
    }
  });
});
