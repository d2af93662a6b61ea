// What a branch would change: two clusters with control planes and agents of their own, a Git server, and a hub.
import { readdirSync, readFileSync } from 'node:fs';
import { encryptYaml, type EncryptOptions } from '@flotilla/common/sops/sops-encryptor.fixture';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cli, cliWith } from '../cli/run-cli.js';
import { decryption, keysFor, newAgePair, objectRule } from '../kustomization/decryption-rig.js';
import { type Fleet, startFleet } from '../servers/fleet.js';
import type { GitRepository } from '../servers/git-repository.js';
import { type GitServer, startGitServer } from '../servers/git-server.js';
import { type Postgres, startPostgres } from '../servers/postgres.js';
import { waitFor } from '../servers/wait-for.js';
import {
  configMap,
  type FluxObject,
  gitRepository,
  kustomization,
  manifest,
  secret,
} from './flux-objects.js';
import { HubProcess } from './hub-process.js';
import { ManagedCluster } from './managed-cluster.js';

interface Change {
  readonly action: string;
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly fields: ReadonlyArray<{
    readonly path: string;
    readonly before?: unknown;
    readonly after?: unknown;
  }>;
}

interface Remark {
  readonly clusters: readonly string[];
  readonly kustomization: { readonly name: string };
  readonly message: string;
}

interface Plan {
  readonly id: string;
  readonly state: string;
  readonly clusters: ReadonlyArray<{
    cluster: string;
    state: string;
    message: string;
    commit: string | null;
  }>;
  readonly groups: ReadonlyArray<Omit<Remark, 'message'> & { readonly changes: readonly Change[] }>;
  readonly failures: readonly Remark[];
  readonly notes: readonly Remark[];
  readonly totals: { readonly objects: number; readonly clusters: number };
}

const names = ['dev', 'prod'] as const;
type Name = (typeof names)[number];
const passwords = {
  before: 'correct-horse-battery',
  after: 'staple-after-the-horse',
  variable: 'planted-variable-9',
  sealedBefore: 'sealed-in-the-first-place',
  sealedAfter: 'sealed-in-the-second-place',
};

let postgres: Postgres;
let databaseUrl: string;
let fleet: Fleet;
let git: GitServer;
let hub: HubProcess;
let repository: GitRepository & { readonly url: string };
const clusters = new Map<Name, ManagedCluster>();
const of = (name: Name): ManagedCluster => clusters.get(name)!;

beforeAll(async () => {
  [fleet, git, postgres] = await Promise.all([
    startFleet(names.length, { controllerManager: false }),
    startGitServer(),
    startPostgres(),
  ]);
  databaseUrl = await postgres.createDatabase();
  hub = await HubProcess.start({ databaseUrl });
  repository = await git.createRepository('fleet');
  const settings = (value: string): string => manifest(configMap('apps', 'settings', { value }));
  const variable = '${variable}';
  const team = await newAgePair();
  const keys = await keysFor(team);
  await repository.commit({
    'dev/settings.yaml': settings('one'),
    'prod/settings.yaml': settings('one'),
    'dev/extra.yaml': manifest(configMap('apps', 'extra', { a: 'b' })),
    'dev/secret.yaml': manifest(secret('apps', 'login', { password: passwords.before })),
    'dev/children/child.yaml': manifest(child('gone', './gone'), child('moved', './moved')),
    'dev/children/other.yaml': manifest(configMap('apps', 'beside', {})),
    'gone/map.yaml': manifest(configMap('apps', 'of-gone', {})),
    'moved/map.yaml': manifest(configMap('apps', 'of-moved', { where: 'here' })),
    'substituted/map.yaml': manifest(configMap('apps', 'substituted', { text: 'none', old: variable })),
    'sealed/login.yaml': await sealed(
      secret('apps', 'sealed-login', { password: passwords.sealedBefore }),
      keys,
    ),
    'sealed/map.yaml': await sealed(configMap('apps', 'sealed-map', { a: passwords.sealedBefore }), keys),
    'sealed/open.yaml': manifest(configMap('apps', 'open-map', { a: 'seen before' })),
    'fragile/map.yaml': manifest(configMap('apps', 'fragile', {})),
  });
  for (const [index, name] of names.entries()) {
    const cluster = await ManagedCluster.prepare(fleet.clusters[index]!);
    clusters.set(name, cluster);
    await cluster.createNamespace('apps');
    await cluster.apply(
      gitRepository('fleet', repository.url),
      kustomization('apps', { path: `./${name}`, sourceRef: { kind: 'GitRepository', name: 'fleet' } }),
    );
    await cluster.startAgent(await hub.membership(name));
  }
  await of('dev').apply(
    secret('flux-system', 'keys', { 'team.agekey': team.identity }),
    child('sealed', './sealed', { decryption }),
    secret('flux-system', 'values', { variable: passwords.variable }),
    child('substituted', './substituted', {
      postBuild: { substituteFrom: [{ kind: 'Secret', name: 'values' }] },
    }),
  );
  await of('prod').apply(child('fragile', './fragile'));
  const head = await repository.head();
  await of('dev').reaches('apps', head);
  for (const name of ['gone', 'moved', 'substituted', 'sealed']) await of('dev').reaches(name, head);
  for (const name of ['apps', 'fragile']) await of('prod').reaches(name, head);
  await waitFor('the hub to know everything', async () => {
    const counts = await Promise.all(
      names.map(async (name) => (await hub.api.objects(name)).filter(({ ready }) => ready).length),
    );
    return counts[0] === 6 && counts[1] === 3;
  });

  await repository.branch('feature');
  await repository.commit({
    'dev/settings.yaml': settings('two'),
    'prod/settings.yaml': settings('two'),
    'dev/extra.yaml': null,
    'dev/secret.yaml': manifest(secret('apps', 'login', { password: passwords.after })),
    'dev/children/child.yaml': manifest(child('moved', './there'), child('added', './added')),
    'there/map.yaml': manifest(configMap('apps', 'of-moved', { where: 'there' })),
    'added/map.yaml': manifest(configMap('apps', 'of-added', { new: 'yes' })),
    'substituted/map.yaml': manifest(
      configMap('apps', 'substituted', { text: 'is ${variable:8:8}', old: 'none' }),
    ),
    'sealed/login.yaml': await sealed(
      secret('apps', 'sealed-login', { password: passwords.sealedAfter }),
      keys,
    ),
    'sealed/map.yaml': manifest(configMap('apps', 'sealed-map', { a: 'open now' })),
    'sealed/open.yaml': manifest(configMap('apps', 'open-map', { a: 'seen after' })),
    'fragile/kustomization.yaml': 'resources: [missing.yaml]\n',
  });
});

afterAll(async () => {
  await Promise.all([...clusters.values()].map((cluster) => cluster.stop()));
  await Promise.all([hub?.stop(), git?.stop(), fleet?.stop()]);
  await postgres?.stop();
});

function child(name: string, path: string, spec: Readonly<Record<string, unknown>> = {}) {
  return kustomization(name, { path, sourceRef: { kind: 'GitRepository', name: 'fleet' }, ...spec });
}

/** As SOPS writes it for the team's key. */
function sealed(object: FluxObject, keys: EncryptOptions): Promise<string> {
  return encryptYaml(object, { ...keys, ...objectRule });
}

async function plan(body: Readonly<Record<string, unknown>>): Promise<Plan> {
  const { id } = await hub.api.call<Plan>('POST', '/plans', body);
  return waitFor(
    'the end of the plan',
    async () => {
      const seen = await hub.api.call<Plan>('GET', `/plans/${id}`);
      return seen.state !== 'Running' && seen;
    },
    { timeoutMs: 60_000 },
  );
}

/** `[clusters] Kustomization: Action Kind/name` of each change. */
function told({ groups }: Plan): string[] {
  return groups.flatMap(({ clusters: where, kustomization: { name }, changes }) =>
    changes.map(
      ({ action, object }) => `[${where.join(',')}] ${name}: ${action} ${object.kind}/${object.name}`,
    ),
  );
}

function fieldsOf({ groups }: Plan, name: string): Change['fields'] {
  const all = groups.flatMap(({ changes }) => changes).filter(({ object }) => object.name === name);
  return all.flatMap(({ fields }) => fields);
}

/** Versions of everything that a plan could touch, and the files of the artifact store. */
async function footprint(name: Name): Promise<unknown> {
  const { plane, storage } = of(name);
  const versions: string[] = [];
  for (const path of [
    '/api/v1/namespaces',
    '/api/v1/namespaces/apps/configmaps',
    '/api/v1/namespaces/apps/secrets',
    '/apis/source.toolkit.fluxcd.io/v1/gitrepositories',
    '/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations',
  ]) {
    const { items } = await plane.kube.call<{
      items: Array<{ metadata: { name: string; resourceVersion: string } }>;
    }>({ path });
    versions.push(...items.map(({ metadata }) => `${path}/${metadata.name} ${metadata.resourceVersion}`));
  }
  const files = readdirSync(storage, { recursive: true, encoding: 'utf8' });
  return { versions, files: files.filter((file) => !file.includes('.flotilla')).sort() };
}

async function everythingInTheDatabase(): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    const texts: string[] = [];
    for (const { name } of tables.rows)
      texts.push(JSON.stringify((await client.query(`SELECT * FROM ${name}`)).rows));
    return texts.join('\n');
  } finally {
    await client.end();
  }
}

describe('the plan of a branch', () => {
  let before: unknown[];
  let seen: Plan;

  beforeAll(async () => {
    before = await Promise.all(names.map(footprint));
    seen = await plan({ ref: 'feature', source: 'fleet', commit: await repository.head() });
  });

  it('shows a change of both clusters once', () => {
    expect(seen.groups[0]).toMatchObject({
      clusters: ['dev', 'prod'],
      kustomization: { namespace: 'flux-system', name: 'apps' },
      changes: [
        {
          action: 'Configure',
          object: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'apps', name: 'settings' },
          fields: [{ path: '/data/value', before: 'one', after: 'two' }],
        },
      ],
    });
  });

  it('shows all that happens, also by Kustomizations that the branch itself adds, changes and removes', () => {
    expect(told(seen).toSorted()).toEqual(
      [
        '[dev,prod] apps: Configure ConfigMap/settings',
        '[dev] apps: Delete ConfigMap/extra',
        '[dev] apps: Configure Secret/login',
        '[dev] apps: Configure Kustomization/moved',
        '[dev] apps: Create Kustomization/added',
        '[dev] apps: Delete Kustomization/gone',
        '[dev] added: Create ConfigMap/of-added',
        '[dev] moved: Configure ConfigMap/of-moved',
        '[dev] gone: Delete ConfigMap/of-gone',
        '[dev] substituted: Configure ConfigMap/substituted',
        '[dev] sealed: Configure Secret/sealed-login',
        '[dev] sealed: Configure ConfigMap/sealed-map',
        '[dev] sealed: Configure ConfigMap/open-map',
      ].toSorted(),
    );
    expect(fieldsOf(seen, 'of-moved')).toEqual([{ path: '/data/where', before: 'here', after: 'there' }]);
    expect(seen.notes).toMatchObject([
      {
        clusters: ['dev'],
        kustomization: { name: 'gone' },
        message: expect.stringContaining('apps would delete'),
      },
    ]);
    expect(seen.totals).toMatchObject({ objects: 14, clusters: 2 });
  });

  it('names the Kustomization that cannot be built, and where', () => {
    expect(seen.failures).toMatchObject([{ clusters: ['prod'], kustomization: { name: 'fragile' } }]);
    expect(seen.failures[0]?.message).toMatch(/missing\.yaml/);
    const states = seen.clusters.map(({ cluster, state }) => [cluster, state]);
    expect(states).toEqual([
      ['dev', 'Complete'],
      ['prod', 'Failed'],
    ]);
    expect(seen.clusters[1]?.message).toBe('1 of 2 Kustomizations cannot be built or applied');
  });

  it('changes nothing: no object, no status, no artifact', async () => {
    expect(await Promise.all(names.map(footprint))).toEqual(before);
  });

  it('lets no value of a Secret out, not even a part of it that a manifest puts elsewhere', async () => {
    expect(fieldsOf(seen, 'login')).toEqual([
      {
        path: '/data/password',
        before: expect.stringMatching(/^\(secret hmac-sha256:[0-9a-f]{16}\)$/),
        after: expect.stringMatching(/^\(secret hmac-sha256:[0-9a-f]{16}\)$/),
      },
    ]);
    const hidden = expect.stringMatching(/^\(secret /);
    expect(fieldsOf(seen, 'substituted')).toEqual([
      { path: '/data/old', before: hidden, after: hidden },
      { path: '/data/text', before: hidden, after: hidden },
    ]);
    expect(fieldsOf(seen, 'sealed-map')).toEqual([{ path: '/data/a', before: hidden, after: hidden }]);
    expect(fieldsOf(seen, 'open-map')).toEqual([
      { path: '/data/a', before: 'seen before', after: 'seen after' },
    ]);
    const said = [
      JSON.stringify(seen),
      readFileSync(hub.log, 'utf8'),
      ...names.map((name) => readFileSync(of(name).log, 'utf8')),
      await everythingInTheDatabase(),
    ].join('\n');
    expect(said).toContain('of-added');
    for (const text of [...Object.values(passwords), passwords.variable.slice(8, 16)])
      for (const form of [text, Buffer.from(text).toString('base64')])
        expect([form, said.includes(form)]).toEqual([form, false]);
  });

  it('is kept, and in the list of plans', async () => {
    const [newest] = await hub.api.list<{ id: string; ref: string; state: string }>('/plans');
    expect(newest).toMatchObject({ id: seen.id, ref: 'refs/heads/feature', state: 'Failed' });
  });

  it('is folded for people at the command line, and exits with 1 for what is broken', async () => {
    const cli: Cli = cliWith({ FLOTILLA_HUB: hub.url, FLOTILLA_TOKEN: hub.api.token });
    const people = await cli.run(['plan', '--ref', 'feature', '--source', 'fleet']);
    expect(people.stdout).toContain(
      'Kustomization flux-system/apps on dev, prod\n  ~ ConfigMap/apps/settings\n      /data/value: "one" -> "two"\n',
    );
    expect(people.stdout).toMatch(/  - ConfigMap\/apps\/extra\n/);
    expect(people.stdout).toMatch(
      /✗ Kustomization flux-system\/fragile on prod cannot be built or applied:\n.*missing/,
    );
    expect(people.stdout).toMatch(/Plan: 2 to create, 9 to configure, 3 to delete; 14 objects on 2 clusters/);
    expect(people.stderr).toMatch(/dev: planned/);
    expect([people.code, people.stderr.includes('prod Failed')]).toEqual([1, true]);
    const one = await cli.run(['plan', '--ref', 'feature', '--cluster', 'dev', '-o', 'json']);
    expect(one.code).toBe(0);
    const { id } = JSON.parse(one.stdout) as Plan;
    const asked = await cli.run(['plan', '--id', id, '-o', 'yaml']);
    expect([asked.code, asked.stdout.includes('refs/heads/feature')]).toEqual([0, true]);
    const answers = [
      (await cli.run(['plan', '--id', id, '--exit-code'])).code,
      (await cli.run(['plan', '--ref', 'main', '--cluster', 'dev', '--exit-code'])).code,
      (await cli.run(['plan', '--ref', 'feature', '--source', 'fleet', '--exit-code'])).code,
      (await cli.run(['plan', '--exit-code'])).code,
      (await cli.run(['plan', '--ref', 'main', '--exit-code', '--no-such-flag'])).code,
    ];
    // Something changes, nothing does, nobody knows, and two wrong command lines.
    expect(answers).toEqual([2, 0, 1, 1, 1]);
    const unasked = await cli.run(['plan', '--ref', 'main', '--no-wait']);
    expect([unasked.code, unasked.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}\n$/)]);
    expect((await cli.run(['plan'])).code).toBe(2);
  });

  it('of the branch that is followed shows nothing', async () => {
    const same = await plan({ ref: 'main', labelSelector: '!nothing' });
    expect(same).toMatchObject({ state: 'Complete', groups: [], totals: { objects: 0, clusters: 0 } });
  });

  it('of a ref that does not exist fails in every cluster, and says so', async () => {
    const none = await plan({ ref: 'no-such-branch', source: 'flux-system/fleet' });
    expect(none.clusters.map(({ state }) => state)).toEqual(['Failed', 'Failed']);
    expect(none.clusters[0]?.message).toMatch(/refs\/heads\/no-such-branch/);
  });

  it('of a ref that has moved on fails, rather than showing something else', async () => {
    const moved = await plan({ ref: 'feature', commit: '0'.repeat(40), clusters: ['dev'] });
    expect(moved.clusters).toMatchObject([
      { cluster: 'dev', state: 'Failed', message: expect.stringContaining('is at') },
    ]);
  });

  it.each([
    [{ ref: 'feature', source: 'unknown' }, 422, /"unknown": no cluster/],
    [{ ref: 'feature', clusters: ['nowhere'] }, 404, /cluster "nowhere" does not exist/],
    [{ ref: 'feature', labelSelector: 'a=b' }, 422, /no cluster reports/],
    [{ ref: 'a..b' }, 422, /not the name of a branch/],
  ])('of %j is refused before anybody is asked', async (body, status, message) => {
    const answer = await hub.api.send('POST', '/plans', body);
    const { error } = JSON.parse(answer.text) as { error: { message: string } };
    expect([answer.status, error.message]).toEqual([status, expect.stringMatching(message)]);
  });

  it('is refused where the owner of the cluster does not want it', async () => {
    await of('prod').agent.stop();
    const { args, env } = await hub.membership('prod');
    await of('prod').startAgent({ args: [...args, '--hub-intents=reconcile'], env });
    await waitFor('prod', async () => (await hub.api.cluster('prod')).connected);
    const refused = await plan({ ref: 'feature', clusters: ['prod'] });
    expect(refused.clusters).toMatchObject([
      { state: 'Refused', message: expect.stringContaining('--hub-intents') },
    ]);
  });

  it('tells of a cluster that is offline, and is asked again after a restart of an agent', async () => {
    await of('prod').agent.stop();
    await of('dev').agent.stop();
    await waitFor('both to be gone', async () => {
      const seenNow = await Promise.all(names.map((name) => hub.api.cluster(name)));
      return seenNow.every(({ connected }) => !connected);
    });
    const asked = plan({ ref: 'feature', source: 'fleet', ttlSeconds: 25 });
    await of('dev').startAgent();
    const partial = await asked;
    expect(partial.clusters).toMatchObject([
      { cluster: 'dev', state: 'Complete' },
      { cluster: 'prod', state: 'Unreachable', message: 'the cluster was not connected before the deadline' },
    ]);
    expect(told(partial)).toContain('[dev] apps: Configure ConfigMap/settings');
  });
});
