import { Ajv } from 'ajv';
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres } from '../servers/postgres.js';
import type { Postgres } from '../servers/postgres.js';
import type { AskOptions, ApiHub } from './api-hub.js';
import { startApiHub } from './api-hub.js';
import { failedBuild, gitRepository, kustomization, seedCluster } from './api-seed.js';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

interface Schema {
  readonly $ref?: string;
  readonly example?: unknown;
}

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly object[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly securitySchemes: object;
  };
}

let postgres: Postgres;
let api: ApiHub;
let document: Document;
let ajv: Ajv;

beforeAll(async () => {
  postgres = await startPostgres();
  api = await startApiHub(postgres);
  document = (await api.ask('GET', '/api/v1/openapi.json', { token: null })).json();
  // Formats stand beside patterns that say the same. `example` is a word of OpenAPI, not of JSON schema.
  ajv = new Ajv({
    allErrors: true,
    validateFormats: false,
    keywords: ['example', 'components', 'paths', 'openapi', 'info', 'tags', 'servers'],
  });
  ajv.addSchema(document, 'api');
});
afterAll(async () => {
  await api?.stop();
  await postgres?.stop();
});

function pointer(...parts: readonly string[]): string {
  return `api#/${parts.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
}

/** Problems of a value against the schema at a place of the document; none when it is valid. */
function problems(place: string, value: unknown): readonly string[] {
  const validate = ajv.getSchema(place);
  if (!validate) return [`no schema at ${place}`];
  return validate(value)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function expectDocumented(method: Method, path: string, response: LightMyRequestResponse): void {
  const status = String(response.statusCode);
  const documented = document.paths[path]?.[method.toLowerCase()]?.responses[status];
  expect(documented, `${method} ${path} answers ${status}: ${response.body}`).toBeDefined();
  if (documented?.content === undefined) return expect(response.body).toBe('');
  const place = pointer(
    'paths',
    path,
    method.toLowerCase(),
    'responses',
    status,
    'content',
    'application/json',
    'schema',
  );
  expect(problems(place, response.json()), response.body).toEqual([]);
}

describe('the document of the API', () => {
  it('says of every call what it is, who may call it, and what it answers', () => {
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        const call = `${method} ${path}`;
        expect(operation.summary, call).toBeTruthy();
        expect(operation.tags, call).toHaveLength(1);
        // Webhooks prove themselves by a signature.
        const isSigned = path.startsWith('/api/v1/hooks/');
        expect(operation.security, call).toEqual(isSigned ? undefined : [{ bearer: [] }]);
        const errors = isSigned ? ['401', '404', '422'] : ['401', '403', '422', '429', '500', '503'];
        expect(Object.keys(operation.responses), call).toEqual(expect.arrayContaining(errors));
        const [success] = Object.keys(operation.responses).filter((status) => status.startsWith('2'));
        if (success !== '204') expect(operation.responses[success!]?.content, call).toBeDefined();
        if (path.includes('{') && !path.startsWith('/api/v1/where'))
          expect(operation.responses, call).toHaveProperty('404');
      }
    }
  });

  it('names every call once', () => {
    const ids = Object.values(document.paths).flatMap((item) =>
      Object.values(item).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('describes bodies and answers by schemas with a name, and lists have an item with an example', () => {
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      if (name.endsWith('List') || name.startsWith('Where')) continue;
      expect(schema.example, name).toBeDefined();
    }
  });

  it('gives examples that its own schemas accept', () => {
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      if (schema.example !== undefined)
        expect(problems(pointer('components', 'schemas', name), schema.example), name).toEqual([]);
    }
  });
});

describe('real answers', () => {
  const commit = 'bbbbbbbbbb';
  const object = { kind: 'Kustomization', namespace: 'flux-system', name: 'apps' };

  beforeAll(async () => {
    await seedCluster(api, {
      name: 'good',
      labels: { env: 'prod' },
      objects: [gitRepository(commit), kustomization('apps', commit)],
    });
    await seedCluster(api, {
      name: 'bad',
      ageMs: 30_000,
      objects: [gitRepository(commit), kustomization('apps', commit, failedBuild('aaaaaaaaaa', commit))],
    });
    await seedCluster(api, { name: 'new', ageMs: null });
    await api.database.query(
      `INSERT INTO records (id, cluster_id, spool_id, sequence, recorded_at, stored_at, severity, reason, message)
       SELECT 'r1', clusters.id, 's', 1, now(), now(), 'error', 'RecordsLost', 'gone' FROM clusters WHERE clusters.name = 'new'`,
    );
  });

  const calls: readonly (readonly [
    Method,
    path: string,
    url: string,
    status: number,
    options?: AskOptions,
  ])[] = [
    ['GET', '/api/v1/whoami', '/api/v1/whoami', 200],
    ['GET', '/api/v1/whoami', '/api/v1/whoami', 401, { token: null }],
    ['GET', '/api/v1/clusters', '/api/v1/clusters', 200],
    ['GET', '/api/v1/clusters', '/api/v1/clusters?limit=x', 422],
    ['GET', '/api/v1/clusters/{name}', '/api/v1/clusters/new', 200],
    ['GET', '/api/v1/clusters/{name}', '/api/v1/clusters/nope', 404],
    ['PATCH', '/api/v1/clusters/{name}', '/api/v1/clusters/good', 200, { body: { labels: { a: 'b' } } }],
    ['GET', '/api/v1/objects', '/api/v1/objects', 200],
    [
      'GET',
      '/api/v1/clusters/{name}/objects/{kind}/{namespace}/{object}',
      '/api/v1/clusters/bad/objects/Kustomization/flux-system/apps',
      200,
    ],
    [
      'GET',
      '/api/v1/clusters/{name}/objects/{kind}/{namespace}/{object}',
      '/api/v1/clusters/bad/objects/Kustomization/a/b',
      404,
    ],
    ['GET', '/api/v1/events', '/api/v1/events', 200],
    ['GET', '/api/v1/where/{commit}', `/api/v1/where/${commit}`, 200],
    ['GET', '/api/v1/where/{commit}', '/api/v1/where/main', 422],
    [
      'POST',
      '/api/v1/intents',
      '/api/v1/intents',
      202,
      { body: { action: 'reconcile', labelSelector: '!nothing', object } },
    ],
    [
      'POST',
      '/api/v1/intents',
      '/api/v1/intents',
      404,
      { body: { action: 'reconcile', clusters: ['nope'], object } },
    ],
    ['GET', '/api/v1/intents', '/api/v1/intents', 200],
    ['GET', '/api/v1/intents/{id}', '/api/v1/intents/nope', 404],
    [
      'POST',
      '/api/v1/join-tokens',
      '/api/v1/join-tokens',
      201,
      { body: { clusterName: 'edge', labels: { env: 'edge' } } },
    ],
    ['POST', '/api/v1/join-tokens', '/api/v1/join-tokens', 201, { body: {} }],
    ['POST', '/api/v1/join-tokens', '/api/v1/join-tokens', 422, { body: { clusterName: 'Not A Name' } }],
    ['GET', '/api/v1/join-tokens', '/api/v1/join-tokens', 200],
    ['DELETE', '/api/v1/join-tokens/{id}', '/api/v1/join-tokens/nope', 404],
    [
      'POST',
      '/api/v1/api-tokens',
      '/api/v1/api-tokens',
      201,
      { body: { name: 'ci', role: 'viewer', ttlSeconds: 60 } },
    ],
    ['POST', '/api/v1/api-tokens', '/api/v1/api-tokens', 409, { body: { name: 'ci', role: 'viewer' } }],
    ['GET', '/api/v1/api-tokens', '/api/v1/api-tokens', 200],
    ['GET', '/api/v1/audit', '/api/v1/audit', 200],
    [
      'POST',
      '/api/v1/clusters/{name}/revoke',
      '/api/v1/clusters/bad/revoke',
      200,
      { body: { reason: 'stolen' } },
    ],
    ['DELETE', '/api/v1/clusters/{name}', '/api/v1/clusters/bad', 204],
  ];

  it.each(calls.map(([method, path, url, status, options]) => ({ method, path, url, status, options })))(
    'to $method $url are as documented: $status',
    async ({ method, path, url, status, options = {} }) => {
      const response = await api.ask(method, url, options);
      expect(response.statusCode, response.body).toBe(status);
      expectDocumented(method, path, response);
    },
  );
});

describe('the audit trail', () => {
  it('has one record for each change, with who, what, on what and by which request', async () => {
    const made = await api.ask('POST', '/api/v1/join-tokens', { body: { uses: 2 } });
    const { id, token } = made.json();
    const dropped = await api.ask('DELETE', `/api/v1/join-tokens/${id}`);
    const list = await api.ask('GET', `/api/v1/audit?target=join-token/${id}`);
    expect(list.json().items).toMatchObject([
      {
        action: 'join-token.deleted',
        actor: 'admin-from-environment',
        requestId: dropped.headers['x-request-id'],
      },
      {
        action: 'join-token.created',
        actor: 'admin-from-environment',
        requestId: made.headers['x-request-id'],
        details: { uses: 2 },
      },
    ]);
    expect(list.body + api.log()).not.toContain(token.split('_')[2]);
  });

  it('is not written when the change fails', async () => {
    const before = (await api.ask('GET', '/api/v1/audit')).json().total;
    expect((await api.ask('DELETE', '/api/v1/clusters/nope')).statusCode).toBe(404);
    expect((await api.ask('DELETE', '/api/v1/join-tokens/nope')).statusCode).toBe(404);
    expect((await api.ask('GET', '/api/v1/audit')).json().total).toBe(before);
  });

  it.each([
    "UPDATE audit_records SET actor = 'nobody'",
    'DELETE FROM audit_records',
    'TRUNCATE audit_records',
  ])('refuses %s', async (sql) => {
    await expect(api.database.query(sql)).rejects.toThrow('audit records are append-only');
  });

  it('is filtered by who, what and when', async () => {
    const total = async (query: string) => (await api.ask('GET', `/api/v1/audit?${query}`)).json().total;
    expect(await total('actor=nobody')).toBe(0);
    expect(await total('action=join-token.created')).toBeGreaterThan(0);
    expect(await total('since=2099-01-01T00:00:00Z')).toBe(0);
  });
});
