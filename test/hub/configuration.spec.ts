import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { startApiHub } from './api-hub.js';
import type { ApiHub } from './api-hub.js';
import { seedCluster } from './api-seed.js';
import { document, environment, pipeline } from './documents.js';

let api: ApiHub;

beforeAll(async () => {
  api = await startApiHub(await sharedPostgres());
  for (const env of ['dev', 'prod'])
    for (const number of [1, 2])
      await seedCluster(api, { name: `${env}-${number}`, labels: { env, number: String(number) } });
});
afterAll(() => api?.stop());
beforeEach(async () => {
  await api.database.query(
    'DELETE FROM pipelines; DELETE FROM environments; DELETE FROM configuration_origins',
  );
});

const apply = (...documents: unknown[]) => api.ask('PUT', '/api/v1/apply', { body: { documents } });
const outcomes = (answer: { json(): unknown }) =>
  (answer.json() as { documents: { kind: string; name: string; outcome: string }[] }).documents.map(
    ({ kind, name, outcome }) => `${kind}/${name} ${outcome}`,
  );
const problemsOf = (answer: { json(): unknown }) =>
  (answer.json() as { error: { problems?: { document: string; field: string; message: string }[] } }).error
    .problems;

async function audited(): Promise<string[]> {
  const rows: { text: string }[] = await api.database.query(
    `SELECT action || ' ' || subject AS text FROM audit_records WHERE action ~ '^(environment|pipeline)[.]' ORDER BY id`,
  );
  return rows.map(({ text }) => text);
}

describe('PUT /apply', () => {
  it('creates, changes and leaves alone, in any order of the documents', async () => {
    const before = (await audited()).length;
    const shop = pipeline('shop', ['dev', 'prod']);
    const first = await apply(shop, environment('dev'), environment('prod'));
    expect(first.statusCode).toBe(200);
    expect(outcomes(first)).toEqual([
      'Environment/dev created',
      'Environment/prod created',
      'Pipeline/shop created',
    ]);
    const second = await apply(environment('dev', { env: 'dev', number: '1' }), environment('prod'), shop);
    expect(outcomes(second)).toEqual([
      'Environment/dev configured',
      'Environment/prod unchanged',
      'Pipeline/shop unchanged',
    ]);
    expect((await audited()).slice(before)).toEqual([
      'environment.created environment/dev',
      'environment.created environment/prod',
      'pipeline.created pipeline/shop',
      'environment.configured environment/dev',
    ]);
  });

  it('takes one document without a list around it', async () => {
    const answer = await api.ask('PUT', '/api/v1/apply', { body: environment('dev') });
    expect(outcomes(answer)).toEqual(['Environment/dev created']);
  });

  it('writes nothing for a document that is the same, also when defaults are spelled out', async () => {
    await apply(environment('dev'), pipeline('shop', ['dev']));
    const rows =
      'SELECT name, xmin::text, generation FROM pipelines UNION ALL SELECT name, xmin::text, generation FROM environments';
    const before = await api.database.query(rows);
    const spelled = pipeline('shop', [{ name: 'dev', promote: 'automatic', queue: 'latest' }], {
      sources: [{ kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' }],
    });
    expect(outcomes(await apply(environment('dev'), spelled))).toEqual([
      'Environment/dev unchanged',
      'Pipeline/shop unchanged',
    ]);
    expect(await api.database.query(rows)).toEqual(before);
  });

  it('counts only changes of the spec as generations', async () => {
    await apply(environment('dev'));
    await apply({ ...environment('dev'), metadata: { name: 'dev', annotations: { note: 'x' } } });
    const read = async () => (await api.ask('GET', '/api/v1/environments/dev')).json();
    expect(await read()).toMatchObject({ generation: 1, annotations: { note: 'x' } });
    await apply(environment('dev', { env: 'prod' }));
    expect(await read()).toMatchObject({ generation: 2, selector: 'env=prod', clusters: 2, annotations: {} });
  });

  it('does nothing of a set of which one document is wrong, and tells all problems', async () => {
    const answer = await apply(
      environment('dev'),
      pipeline('shop', [
        'dev',
        { name: 'prod', gates: { before: [{ type: 'window', timeZone: 'Europe/Berln', periods: [] }] } },
      ]),
      document('Environment', 'Bad Name', {}),
    );
    expect(answer.statusCode).toBe(422);
    expect(problemsOf(answer)?.map(({ document: name, field }) => `${name} ${field}`)).toEqual([
      'Pipeline/shop spec.environments[1].gates.before[0].timeZone',
      'Pipeline/shop spec.environments[1].gates.before[0].periods',
      'Environment/Bad Name metadata.name',
      'Environment/Bad Name spec.selector',
    ]);
    expect(answer.json().error).toMatchObject({
      code: 'Invalid',
      field: 'spec.environments[1].gates.before[0].timeZone',
    });
    expect((await api.ask('GET', '/api/v1/environments')).json().total).toBe(0);
  });

  const rows: [string, unknown[], string, RegExp][] = [
    [
      'a cycle',
      [environment('dev'), environment('prod'), pipeline('shop', [{ name: 'dev', after: ['prod'] }, 'prod'])],
      'spec.environments[0].after',
      /is a cycle: "dev" after "prod" after "dev"/,
    ],
    [
      'a cycle by way of a health gate',
      [
        environment('dev'),
        environment('prod'),
        pipeline('shop', [
          { name: 'dev', gates: { before: [{ type: 'health', environments: ['prod'] }] } },
          'prod',
        ]),
      ],
      'spec.environments[0].gates.before[0].environments[0]',
      /is a cycle: "dev" waits for "prod" waits for "dev"; no release could ever pass this gate; take "prod" out/,
    ],
    [
      'an environment that is not there',
      [environment('dev'), pipeline('shop', ['dev', 'prod'])],
      'spec.environments[1].name',
      /environment "prod" does not exist; apply the Environment before, or together with this/,
    ],
    [
      'an environment that matches nothing',
      [environment('dev'), environment('void'), pipeline('shop', ['dev', 'void'])],
      'spec.environments[1].name',
      /environment "void" matches no cluster \(env=void\); label clusters, or set spec\.allowEmpty/,
    ],
    [
      'two environments that share clusters',
      [environment('dev'), environment('ones', { number: '1' }), pipeline('shop', ['dev', 'ones'])],
      'spec.environments[1].name',
      /environments "dev" and "ones" share cluster "dev-1"/,
    ],
    [
      'a wave of a selector that finds nothing',
      [
        environment('dev'),
        pipeline('shop', [
          {
            name: 'dev',
            rollout: { waves: [{ name: 'canary', selector: { matchLabels: { canary: 'yes' } } }] },
          },
        ]),
      ],
      'spec.environments[0].rollout.waves[0].selector',
      /wave "canary" finds no cluster/,
    ],
    [
      'a wave of size 0',
      [
        environment('dev'),
        pipeline('shop', [{ name: 'dev', rollout: { waves: [{ name: 'none', size: 0 }] } }]),
      ],
      'spec.environments[0].rollout.waves[0].size',
      /a wave of no clusters does nothing/,
    ],
    [
      'a time zone that is none',
      [
        environment('dev'),
        pipeline('shop', [
          {
            name: 'dev',
            gates: {
              before: [
                {
                  type: 'window',
                  timeZone: 'Mars/Base',
                  periods: [{ days: ['mon'], from: '09:00', to: '17:00' }],
                },
              ],
            },
          },
        ]),
      ],
      'spec.environments[0].gates.before[0].timeZone',
      /is not an IANA time zone such as Europe\/Berlin/,
    ],
  ];
  it.each(rows)(
    'refuses %s, naming the document, the field and the remedy',
    async (_, documents, field, message) => {
      const answer = await apply(...documents);
      expect(answer.statusCode).toBe(422);
      expect(problemsOf(answer)).toEqual([
        { document: 'Pipeline/shop', field, message: expect.stringMatching(message) as string },
      ]);
      expect((await api.ask('GET', '/api/v1/pipelines')).json().total).toBe(0);
      expect((await api.ask('GET', '/api/v1/environments')).json().total).toBe(0);
    },
  );

  it('lets an environment be empty that says so', async () => {
    const answer = await apply(
      environment('void', { env: 'void' }, { allowEmpty: true }),
      pipeline('shop', ['void']),
    );
    expect(answer.statusCode).toBe(200);
  });

  it('refuses an environment whose new selector would break a pipeline that is not in the set', async () => {
    await apply(environment('dev'), environment('prod'), pipeline('shop', ['dev', 'prod']));
    const answer = await apply(environment('dev', { number: '1' }));
    expect(problemsOf(answer)?.[0]).toMatchObject({
      document: 'Pipeline/shop',
      field: 'spec.environments[1].name',
    });
    expect((await api.ask('GET', '/api/v1/environments/dev')).json().selector).toBe('env=dev');
  });

  it('changes nothing in a dry run, and says what it would do', async () => {
    await apply(environment('dev'));
    const body = { documents: [environment('dev', { env: 'prod' }), environment('prod')] };
    const answer = await api.ask('PUT', '/api/v1/apply?dryRun=true', { body });
    expect(outcomes(answer)).toEqual(['Environment/dev configured', 'Environment/prod created']);
    expect(answer.json().dryRun).toBe(true);
    expect((await api.ask('GET', '/api/v1/environments')).json()).toMatchObject({
      total: 1,
      items: [{ name: 'dev', selector: 'env=dev' }],
    });
  });

  it('keeps two sets apart that would be wrong together', async () => {
    await apply(environment('dev'), environment('prod'), pipeline('shop', ['dev', 'prod']));
    const answers = await Promise.all([
      apply(environment('dev', { number: '1', env: 'dev' })),
      apply(environment('dev', { number: '1' })),
      apply(environment('prod', { number: '1' })),
    ]);
    const { items } = (await api.ask('GET', '/api/v1/environments')).json();
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 422, 422]);
    expect(items.map(({ selector }: { selector: string }) => selector)).toEqual([
      'env=dev,number=1',
      'env=prod',
    ]);
  });

  it.each(['viewer', 'operator'])('is not for a %s', async (role) => {
    const made = await api.ask('POST', '/api/v1/api-tokens', { body: { name: role, role } });
    const { token } = made.json() as { token: string };
    const answer = await api.ask('PUT', '/api/v1/apply', { body: environment('dev'), token });
    expect(answer.statusCode).toBe(403);
  });
});

describe('DELETE', () => {
  it('keeps an environment that a health gate of another pipeline looks at', async () => {
    const gates = { before: [{ type: 'health', environments: ['prod'] }] };
    await apply(environment('dev'), environment('prod'), pipeline('shop', [{ name: 'dev', gates }]));
    const refused = await api.ask('DELETE', '/api/v1/environments/prod');
    expect([refused.statusCode, refused.json().error]).toEqual([
      409,
      expect.objectContaining({
        message: 'environment "prod" is looked at by a health gate of pipeline "shop"',
        remedy: 'take it out of the gate before',
      }),
    ]);
    await apply(pipeline('shop', ['dev']));
    expect((await api.ask('DELETE', '/api/v1/environments/prod')).statusCode).toBe(204);
  });

  it('removes a pipeline, and then its environments', async () => {
    await apply(environment('dev'), pipeline('shop', ['dev']));
    const refused = await api.ask('DELETE', '/api/v1/environments/dev');
    expect(refused.statusCode).toBe(409);
    expect(refused.json().error).toMatchObject({
      message: 'environment "dev" is a part of pipeline "shop"',
      remedy: 'remove it from the pipelines before, or delete these',
    });
    expect((await api.ask('DELETE', '/api/v1/pipelines/shop')).statusCode).toBe(204);
    expect((await api.ask('DELETE', '/api/v1/environments/dev')).statusCode).toBe(204);
    expect((await api.ask('DELETE', '/api/v1/environments/dev')).statusCode).toBe(404);
    expect((await audited()).slice(-2)).toEqual([
      'pipeline.deleted pipeline/shop',
      'environment.deleted environment/dev',
    ]);
  });
});

describe('GET', () => {
  it('shows environments with how many clusters and which pipelines they have, page by page', async () => {
    await apply(
      environment('dev'),
      environment('prod'),
      pipeline('shop', ['dev', 'prod']),
      pipeline('blog', ['dev']),
    );
    const first = (await api.ask('GET', '/api/v1/environments?limit=1')).json();
    expect(first).toMatchObject({
      total: 2,
      items: [{ name: 'dev', clusters: 2, pipelines: ['blog', 'shop'], origin: null }],
    });
    const second = (await api.ask('GET', `/api/v1/environments?limit=1&cursor=${first.nextCursor}`)).json();
    expect(second).toMatchObject({ nextCursor: null, items: [{ name: 'prod', pipelines: ['shop'] }] });
  });

  it('counts no cluster that was cut off', async () => {
    await seedCluster(api, { name: 'gone-1', labels: { env: 'gone' } });
    await seedCluster(api, { name: 'gone-2', labels: { env: 'gone' } });
    await apply(environment('gone'));
    await api.database.query(
      `UPDATE clusters SET revoked_at = now(), revoked_reason = 'x' WHERE name = 'gone-1'`,
    );
    expect((await api.ask('GET', '/api/v1/environments/gone')).json().clusters).toBe(1);
  });

  it('shows pipelines with the order of their environments', async () => {
    await apply(environment('dev'), environment('prod'), pipeline('shop', ['dev', 'prod']));
    expect((await api.ask('GET', '/api/v1/pipelines/shop')).json()).toMatchObject({
      generation: 1,
      latestRelease: null,
      environments: [
        { name: 'dev', after: [], release: null },
        { name: 'prod', after: ['dev'], waiting: [], nextGate: null },
      ],
    });
    expect((await api.ask('GET', '/api/v1/pipelines/nope')).statusCode).toBe(404);
  });
});
