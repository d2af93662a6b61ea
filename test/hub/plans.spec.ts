// Plans by agents that speak the protocol by hand: delivery, parts, repetition, deadlines, and pull requests.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  type Answer,
  Answer_State as State,
  PlannedChange_Action as Action,
  type PlannedKustomization,
} from '@flotilla/proto/flotilla/v1/question';
import type { ObjectState } from '@flotilla/proto/flotilla/v1/state';
import type { RunningHub } from '@flotilla/hub/start-hub';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHub } from '../servers/hub.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { connect, joinFleet, type TestSession } from './gateway-agent.js';
import { kustomization, TestTable } from './gateway-table.js';

const folder = temporaryFolder('plans');
const secrets = {
  github: 'the secret of github',
  gitlab: 'the secret of gitlab',
  gitea: 'the secret of gitea',
};
const tokens = { github: 'token-of-github', gitlab: 'token-of-gitlab', gitea: 'token-of-gitea' };
type Provider = keyof typeof secrets;

/** What a provider's API was told. */
interface Told {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, string>;
}

let one: RunningHub;
let two: RunningHub;
let adminToken: string;
let provider: Server;
const told: Told[] = [];
/** Answers of the provider in the order of the requests; 201 when there is none. */
const answers: number[] = [];

beforeAll(async () => {
  provider = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      told.push({ method, url, headers, body: JSON.parse(text) as Record<string, string> });
      response.writeHead(answers.shift() ?? 201, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const { port } = provider.address() as AddressInfo;
  const databaseUrl = await (await sharedPostgres()).createDatabase();
  const flags: Record<string, string> = { heartbeat: '15' };
  for (const [name, title] of [
    ['github', 'Github'],
    ['gitlab', 'Gitlab'],
    ['gitea', 'Gitea'],
  ] as const) {
    flags[`hookSecret${title}`] = secrets[name];
    flags[`hookToken${title}`] = tokens[name];
    flags[`hookApi${title}`] = `http://127.0.0.1:${port}/${name}/`;
  }
  one = await startTestHub({ databaseUrl, dataDir: folder.path, flags });
  two = await startTestHub({ databaseUrl, dataDir: folder.path, flags });
  adminToken = readFileSync(join(folder.path, 'admin-token'), 'utf8').trim();
});

afterAll(async () => {
  await Promise.all([one?.stop(), two?.stop()]);
  await new Promise((resolve) => provider.close(resolve));
  folder.remove();
});

interface Plan {
  readonly id: string;
  readonly state: string;
  readonly clusters: ReadonlyArray<{
    cluster: string;
    state: string;
    message: string;
    commit: string | null;
  }>;
  readonly groups: ReadonlyArray<{ clusters: string[]; changes: Array<{ object: { name: string } }> }>;
  readonly failures: ReadonlyArray<{ clusters: string[]; message: string }>;
  readonly totals: { readonly objects: number };
}

async function api<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${one.httpUrl}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as T;
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}

const read = (id: string): Promise<Plan> => api('GET', `/plans/${id}`);
const ask = (clusters: string[], more: object = {}): Promise<Plan> =>
  api('POST', '/plans', { ref: 'next', clusters, ...more });

function source(url: string, branch = 'main', name = 'fleet'): ObjectState {
  const state = kustomization(name);
  return {
    ...state,
    ref: { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', namespace: 'flux-system', name },
    sourceUrl: url,
    sourceRef: `branch ${branch}`,
  };
}

async function join1(
  cluster: string,
  url = 'https://git.example/acme/other.git',
  hub = one,
  branch = 'main',
) {
  const member = await joinFleet(hub, cluster);
  const table = new TestTable();
  table.set(source(url, branch));
  return { member, table, session: await connect(hub.agentAddress, member, table) };
}

function finding(names: readonly string[], more: Partial<PlannedKustomization> = {}): PlannedKustomization {
  const apps = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    namespace: 'flux-system',
    name: 'apps',
  };
  const changes = names.map((name) => ({
    action: Action.ACTION_CONFIGURE,
    object: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'apps', name },
    fields: [{ path: '/data/a', before: '"\\u0000one"', after: '12345678901234567890' }],
    omittedFields: 0,
  }));
  return { kustomization: apps, failure: '', note: '', changes, unchanged: 1, omitted: 0, ...more };
}

function say(session: TestSession, answer: Partial<Answer> & Pick<Answer, 'id' | 'part'>): void {
  session.send({ $case: 'answer', value: { state: State.STATE_PARTIAL, message: '', ...answer } });
}

function part(id: string, number: number, ...kustomizations: PlannedKustomization[]) {
  return { id, part: number, plan: { commit: 'abc', kustomizations } };
}

describe('a plan', () => {
  it('is asked on whatever replica the cluster is, and comes back folded', async () => {
    const [a, b] = [await join1('a-one'), await join1('a-two', undefined, two)];
    const plan = await ask(['a-one', 'a-two']);
    expect(plan.clusters.map(({ state }) => state)).toEqual(['Waiting', 'Waiting']);
    for (const { session } of [a, b]) {
      const { id, question, requestedBy } = await session.next('question');
      expect(question).toMatchObject({ $case: 'plan', value: { ref: 'refs/heads/next', commit: '' } });
      expect(question?.value.digestKey).toHaveLength(32);
      expect(requestedBy).not.toBe('');
      say(session, part(id, 0, finding(['shared', ...(session === a.session ? ['alone'] : [])])));
      say(session, { id, part: 1, state: State.STATE_COMPLETE });
    }
    await expect.poll(async () => (await read(plan.id)).state).toBe('Complete');
    const seen = await read(plan.id);
    const groups = seen.groups.map(({ clusters, changes }) => [
      clusters,
      changes.map(({ object }) => object.name),
    ]);
    expect(groups).toEqual([
      [['a-one', 'a-two'], ['shared']],
      [['a-one'], ['alone']],
    ]);
    expect(seen.groups[0]?.changes[0]).toMatchObject({
      fields: [{ path: '/data/a', before: 'one', after: '12345678901234567890' }],
    });
    expect(seen.totals).toMatchObject({ objects: 3 });
    for (const { session } of [a, b]) session.close();
  });

  it('is asked again after a lost session; a part that comes twice counts once, part 0 begins anew', async () => {
    const { member, table, session } = await join1('b-one');
    const plan = await ask(['b-one']);
    const { id } = await session.next('question');
    say(session, part(id, 0, finding(['old'])));
    say(session, part(id, 1, finding(['older'])));
    await expect.poll(async () => (await read(plan.id)).totals.objects).toBe(2);
    session.close();
    const again = await connect(two.agentAddress, member, table);
    expect((await again.next('question')).id).toBe(id);
    say(again, part(id, 0, finding(['new'])));
    say(again, part(id, 0, finding(['new'])));
    say(again, part(id, 1, finding(['newer'])));
    say(again, part(id, 1, finding(['newer'])));
    say(again, part(id, 7, finding(['out of turn'])));
    say(again, { id, part: 2, state: State.STATE_COMPLETE });
    say(again, { id, part: 0, state: State.STATE_FAILED, message: 'too late' });
    await expect.poll(async () => (await read(plan.id)).state).toBe('Complete');
    const names = (await read(plan.id)).groups.flatMap(({ changes }) =>
      changes.map(({ object }) => object.name),
    );
    expect(names).toEqual(['new', 'newer']);
    again.close();
  });

  it('takes no answer of another cluster', async () => {
    const [asked, other] = [await join1('c-one'), await join1('c-two')];
    const plan = await ask(['c-one']);
    const { id } = await asked.session.next('question');
    say(other.session, { id, part: 0, state: State.STATE_REFUSED, message: 'not yours' });
    say(asked.session, part(id, 0, finding([], { failure: 'no such folder' })));
    say(asked.session, { id, part: 1, state: State.STATE_COMPLETE, message: 'the rest is fine' });
    await expect.poll(async () => (await read(plan.id)).state).toBe('Failed');
    const seen = await read(plan.id);
    expect(seen.failures).toMatchObject([{ clusters: ['c-one'], message: 'no such folder' }]);
    expect(seen.clusters).toMatchObject([
      { state: 'Failed', message: '1 of 1 Kustomizations cannot be built or applied; the rest is fine' },
    ]);
    for (const { session } of [asked, other]) session.close();
  });

  it('tells of clusters that are offline, silent, revoked or without the source', async () => {
    const [offline, silent, revoked] = [
      await join1('d-offline'),
      await join1('d-silent'),
      await join1('d-revoked'),
    ];
    offline.session.close();
    await api('POST', '/clusters/d-revoked/revoke', { reason: 'gone' });
    const without = await joinFleet(one, 'd-without');
    const empty = await connect(one.agentAddress, without, new TestTable());
    await expect
      .poll(async () => (await api<{ connected: boolean }>('GET', '/clusters/d-offline')).connected)
      .toBe(false);
    const plan = await ask(['d-offline', 'd-silent', 'd-revoked', 'd-without'], { ttlSeconds: 10 });
    await silent.session.next('question');
    await expect
      .poll(async () => (await read(plan.id)).state, { timeout: 30_000, interval: 200 })
      .toBe('Failed');
    expect(
      (await read(plan.id)).clusters.map(({ cluster, state, message }) => [cluster, state, message]),
    ).toEqual([
      ['d-offline', 'Unreachable', 'the cluster was not connected before the deadline'],
      ['d-revoked', 'Refused', expect.stringContaining('revoked')],
      ['d-silent', 'Failed', expect.stringContaining('did not answer before the deadline')],
      ['d-without', 'Refused', expect.stringContaining('not reported')],
    ]);
    for (const session of [silent.session, revoked.session, empty]) session.close();
  });

  it('ends as failed when an agent says more than there is room for', async () => {
    const { session } = await join1('e-one');
    const plan = await ask(['e-one']);
    const { id } = await session.next('question');
    const large = 'x'.repeat(1024 * 1024);
    for (let number = 0; number < 10; number += 1) {
      const piece = finding([`m${number}`]);
      piece.changes[0]!.fields[0]!.after = JSON.stringify(large);
      say(session, part(id, number, piece));
    }
    await expect
      .poll(async () => (await read(plan.id)).clusters[0]?.message, { timeout: 20_000 })
      .toMatch(/larger than a plan/);
    session.close();
  });

  it('is heard of in the live stream', async () => {
    const { session } = await join1('f-one');
    const response = await fetch(`${one.httpUrl}/api/v1/stream?topics=plans`, {
      headers: { authorization: `Bearer ${adminToken}` },
    });
    const reader = response.body!.getReader();
    let heard = '';
    const reading = (async () => {
      while (!heard.includes('"state":"Complete"')) {
        const { value, done } = await reader.read();
        if (done) return;
        heard += Buffer.from(value).toString();
      }
    })();
    await ask(['f-one']);
    const { id } = await session.next('question');
    say(session, { id, part: 0, state: State.STATE_COMPLETE });
    await reading;
    expect(heard).toMatch(/event: plan\ndata: .*"ref":"refs\/heads\/next"/);
    await reader.cancel();
    session.close();
  });
});

const sha = 'a'.repeat(40);

function pullRequest(name: Provider, repository: string, action = 'opened') {
  const clone = `https://git.example/${repository}.git`;
  if (name === 'gitlab')
    return {
      object_kind: 'merge_request',
      project: { id: 42, git_http_url: clone },
      object_attributes: { iid: 7, action: 'open', target_branch: 'main', last_commit: { id: sha } },
    };
  return {
    action,
    number: 7,
    pull_request: { head: { sha }, base: { ref: 'main' } },
    repository: { full_name: repository, clone_url: clone },
  };
}

async function deliver(
  name: Provider,
  body: unknown,
  over: Record<string, string> = {},
): Promise<{
  status: number;
  answer: { plan: string | null; message: string; error?: { message: string } };
}> {
  const text = JSON.stringify(body);
  const signature = createHmac('sha256', secrets[name]).update(text).digest('hex');
  const proof: Record<string, string> = {
    github: { 'x-github-event': 'pull_request', 'x-hub-signature-256': `sha256=${signature}` },
    gitlab: { 'x-gitlab-event': 'Merge Request Hook', 'x-gitlab-token': secrets.gitlab },
    gitea: { 'x-gitea-event': 'pull_request', 'x-gitea-signature': signature },
  }[name];
  const headers = { 'content-type': 'application/json', ...proof, ...over };
  const response = await fetch(`${one.httpUrl}/api/v1/hooks/${name}`, {
    method: 'POST',
    headers,
    body: text,
  });
  return { status: response.status, answer: (await response.json()) as never };
}

describe('a pull request', () => {
  it.each<[Provider, string, string, string, Record<string, string>]>([
    [
      'github',
      'refs/pull/7/head',
      `/github/repos/acme/github/statuses/${sha}`,
      'success',
      { authorization: 'Bearer token-of-github' },
    ],
    [
      'gitea',
      'refs/pull/7/head',
      `/gitea/repos/acme/gitea/statuses/${sha}`,
      'success',
      { authorization: 'token token-of-gitea' },
    ],
    [
      'gitlab',
      'refs/merge-requests/7/head',
      `/gitlab/projects/42/statuses/${sha}`,
      'success',
      { 'private-token': 'token-of-gitlab' },
    ],
  ])('of %s is planned, and its commit gets a status', async (name, ref, path, success, headers) => {
    const { session } = await join1(`pr-${name}`, `ssh://git@git.example/acme/${name}.git`);
    const elsewhere = await join1(`pr-${name}-else`, `https://git.example/acme/${name}`, two, 'release');
    told.length = 0;
    const { status, answer } = await deliver(name, pullRequest(name, `acme/${name}`));
    expect([status, answer.plan]).toEqual([202, expect.any(String)]);
    const repeated = await deliver(name, pullRequest(name, `acme/${name}`));
    expect(repeated.answer.plan).toBe(answer.plan);
    const { id, question } = await session.next('question');
    expect(question?.value).toMatchObject({ ref, commit: sha });
    await expect.poll(() => told.length, { timeout: 10_000 }).toBe(1);
    expect(told[0]).toMatchObject({ method: 'POST', url: path, headers, body: { state: 'pending' } });
    say(session, part(id, 0, finding(['x', 'y'])));
    say(session, { id, part: 1, state: State.STATE_COMPLETE });
    await expect.poll(() => told.length, { timeout: 10_000 }).toBe(2);
    expect(told[1]).toMatchObject({
      url: path,
      body: { state: success, description: '2 objects on 1 cluster' },
    });
    expect(Object.values(told[1]!.body)).toContain('flotilla/plan');
    expect((await read(answer.plan!)).clusters).toHaveLength(1);
    for (const one of [session, elsewhere.session]) one.close();
  });

  it('that fails gets a failure, also when the provider is away for a moment', async () => {
    const { session } = await join1('pr-broken', 'https://git.example/acme/broken.git');
    told.length = 0;
    answers.push(503);
    const { answer } = await deliver('github', pullRequest('github', 'acme/broken', 'synchronize'));
    const { id } = await session.next('question');
    await expect
      .poll(() => told.map(({ body }) => body['state']), { timeout: 15_000 })
      .toEqual(['pending', 'pending']);
    say(session, { id, part: 0, state: State.STATE_FAILED, message: 'no such ref' });
    await expect.poll(() => told.length, { timeout: 15_000 }).toBe(3);
    expect(told[2]?.body).toMatchObject({ state: 'failure', description: '1 cluster Failed; no changes' });
    expect((await read(answer.plan!)).state).toBe('Failed');
    session.close();
  });

  it('that no source is about is no plan', async () => {
    const { status, answer } = await deliver('github', pullRequest('github', 'acme/nothing'));
    expect([status, answer.plan]).toEqual([202, null]);
  });

  it.each<[string, Provider, unknown, Record<string, string>, number]>([
    [
      'a wrong signature',
      'github',
      pullRequest('github', 'acme/x'),
      { 'x-hub-signature-256': 'sha256=00' },
      401,
    ],
    ['no signature', 'gitea', pullRequest('gitea', 'acme/x'), { 'x-gitea-signature': '' }, 401],
    ['a wrong token', 'gitlab', pullRequest('gitlab', 'acme/x'), { 'x-gitlab-token': 'guessed' }, 401],
    [
      'the proof of another provider',
      'gitlab',
      pullRequest('gitlab', 'acme/x'),
      { 'x-gitlab-token': secrets.github },
      401,
    ],
    ['a body that is none', 'github', { action: 'opened' }, {}, 422],
    ['another event', 'github', { zen: 'x' }, { 'x-github-event': 'ping' }, 202],
  ])('with %s', async (_case, name, body, over, status) => {
    const found = await deliver(name, body, over);
    expect(found.status).toBe(status);
    expect(found.answer.plan ?? null).toBe(null);
  });

  it('that is larger than a delivery is refused', async () => {
    const { status } = await deliver('github', {
      ...pullRequest('github', 'acme/x'),
      x: 'x'.repeat(2 * 1024 * 1024),
    });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });

  it('of a provider without a secret is refused', async () => {
    const response = await fetch(`${one.httpUrl}/api/v1/hooks/bitbucket`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(response.status).toBe(404);
  });
});
