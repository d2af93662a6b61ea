// Pull requests that are planned: webhooks of three providers, and their APIs on loopback.
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Answer_State as State } from '@flotilla/proto/flotilla/v1/question';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../servers/wait-for.js';
import { finding, part, PlanRig, say } from './plan-rig.js';

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

let rig: PlanRig;
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
  const flags: Record<string, string> = {};
  for (const [name, title] of [
    ['github', 'Github'],
    ['gitlab', 'Gitlab'],
    ['gitea', 'Gitea'],
  ] as const) {
    flags[`hookSecret${title}`] = secrets[name];
    flags[`hookToken${title}`] = tokens[name];
    flags[`hookApi${title}`] = `http://127.0.0.1:${port}/${name}/`;
  }
  rig = await PlanRig.start(flags);
});

afterAll(async () => {
  await rig?.stop();
  await new Promise((resolve) => provider.close(resolve));
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
  retryAfter: string | null;
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
  const response = await fetch(`${rig.one.httpUrl}/api/v1/hooks/${name}`, {
    method: 'POST',
    headers,
    body: text,
  });
  const retryAfter = response.headers.get('retry-after');
  return { status: response.status, retryAfter, answer: (await response.json()) as never };
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
    const { session } = await rig.join(`pr-${name}`, `ssh://git@git.example/acme/${name}.git`);
    const elsewhere = await rig.join(
      `pr-${name}-else`,
      `https://git.example/acme/${name}`,
      rig.two,
      'release',
    );
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
    expect((await rig.read(answer.plan!)).clusters).toHaveLength(1);
    for (const one of [session, elsewhere.session]) one.close();
  });

  it('that fails gets a failure, also when the provider is away for a moment', async () => {
    const { session } = await rig.join('pr-broken', 'https://git.example/acme/broken.git');
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
    expect((await rig.read(answer.plan!)).state).toBe('Failed');
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
    expect(status).toBe(413);
  });

  it('that comes from a stranger is refused too often sooner than one that proves itself', async () => {
    const ping = (over: Record<string, string> = {}) =>
      deliver('github', { zen: 'x' }, { 'x-github-event': 'ping', ...over });
    const strange = { 'x-hub-signature-256': 'sha256=00' };
    // A minute of the hub's clock may end meanwhile: then it takes another round.
    const refused = await waitFor(
      'too many',
      async () => {
        const found = await ping(strange);
        return found.status === 429 && found;
      },
      { timeoutMs: 60_000, intervalMs: 1 },
    );
    expect(refused.answer).toMatchObject({
      error: { code: 'TooManyRequests', message: 'hook github: too many deliveries within a minute' },
    });
    expect(Number(refused.retryAfter)).toBeGreaterThanOrEqual(1);
    expect(Number(refused.retryAfter)).toBeLessThanOrEqual(60);
    expect((await ping()).status).toBe(202);
  });

  it('of a provider without a secret is refused', async () => {
    const response = await fetch(`${rig.one.httpUrl}/api/v1/hooks/bitbucket`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(response.status).toBe(404);
  });
});
