import { describe, expect, it } from 'vitest';
import type { LoopbackAnswer, LoopbackRequest } from '../servers/loopback.js';
import { gateRig, secret } from './gate-rig.js';
import { commit, item, promotionOf } from './gate-world.js';

const rig = gateRig();

describe('a commit status', () => {
  const url = () => `${rig.server.url}/org/fleet`;
  const gate = (provider: string, more: object = {}) => ({
    type: 'commitStatus',
    provider,
    url: url(),
    context: 'ci/test run',
    tokenEnv: 'FLOTILLA_GATE_KEY',
    ...more,
  });
  const of = (...items: ReturnType<typeof item>[]) => ({ promotion: promotionOf(items) });
  const short = commit.slice(0, 12);
  type Said = Readonly<Record<string, unknown>>;

  /** What each host has, by path; only with its own way to send a token. */
  function github(statuses: readonly Said[], runs: readonly Said[] = []) {
    return ({ path, query, headers, method }: LoopbackRequest): LoopbackAnswer | undefined => {
      if (headers.authorization !== `Bearer ${secret}`)
        return { status: 401, body: { message: 'Bad credentials' } };
      if (method !== 'GET' || headers.accept !== 'application/vnd.github+json') return { status: 415 };
      const at = `/api/v3/repos/org/fleet/commits/${commit}`;
      if (path === `${at}/status`) return { body: { state: 'pending', statuses } };
      if (path !== `${at}/check-runs` || query.get('filter') !== 'latest') return undefined;
      return { body: { check_runs: runs.filter(({ name }) => name === query.get('check_name')) } };
    };
  }
  const status = (state: string, more: Said = {}) => ({
    context: 'ci/test run',
    state,
    description: null,
    ...more,
  });
  const run = (state: string, conclusion: string | null, more: Said = {}) => ({
    name: 'ci/test run',
    status: state,
    conclusion,
    output: { title: null },
    ...more,
  });
  const named = `ci/test run of ${short}`;

  it.each<
    [sentence: string, statuses: readonly Said[], runs: readonly Said[], phase: string, message: string]
  >([
    [
      'a good status passes',
      [status('success', { description: '12 tests' })],
      [],
      'pass',
      `${named} is success: 12 tests`,
    ],
    ['no status waits', [], [], 'wait', `${short} has no ci/test run yet`],
    [
      'a status of another name does not count',
      [status('success', { context: 'ci/test' })],
      [],
      'wait',
      `${short} has no ci/test run yet`,
    ],
    ['a pending status waits', [status('pending')], [], 'wait', `${named} is pending`],
    ['a failed status fails', [status('failure')], [], 'fail', `${named} is failure`],
    ['an error fails', [status('error')], [], 'fail', `${named} is error`],
    ['a good check run passes', [], [run('completed', 'success')], 'pass', `${named} is success`],
    ['a neutral check run passes', [], [run('completed', 'neutral')], 'pass', `${named} is neutral`],
    ['a check run in progress waits', [], [run('in_progress', null)], 'wait', `${named} is in_progress`],
    [
      'a check run that waits for somebody waits',
      [],
      [run('completed', 'action_required')],
      'wait',
      `${named} is action_required`,
    ],
    ['a check run out of time fails', [], [run('completed', 'timed_out')], 'fail', `${named} is timed_out`],
    [
      'all of one name have to be good',
      [status('success')],
      [run('completed', 'failure', { output: { title: '1 failed' } })],
      'fail',
      `${named} is failure: 1 failed`,
    ],
  ])('of GitHub: %s', async (_, statuses, runs, phase, message) => {
    rig.answer = github(statuses, runs);
    expect(await rig.world.ask(gate('github'), of(item(`${url()}.git`)))).toEqual({ phase, message });
  });

  it('of GitHub is found on a later page', async () => {
    const others = Array.from({ length: 100 }, (_, index) =>
      status('failure', { context: `other-${index}` }),
    );
    rig.answer = (request) =>
      github(request.query.get('page') === '2' ? [status('success')] : others)(request);
    expect((await rig.world.ask(gate('github'), of(item(url())))).phase).toBe('pass');
  });

  const lab = (id: number, state: string, more: Said = {}) => ({
    id,
    name: 'ci/test run',
    ref: 'main',
    status: state,
    description: null,
    ...more,
  });
  it.each<[sentence: string, statuses: readonly Said[], phase: string]>([
    ['good', [lab(1, 'success')], 'pass'],
    ['none', [], 'wait'],
    ['running', [lab(1, 'running')], 'wait'],
    ['not begun', [lab(1, 'created')], 'wait'],
    ['skipped, so nothing was checked', [lab(1, 'skipped')], 'wait'],
    ['failed', [lab(1, 'failed')], 'fail'],
    ['cancelled', [lab(1, 'canceled')], 'fail'],
    ['good after it had failed', [lab(1, 'failed'), lab(2, 'success')], 'pass'],
    ['good for one branch and bad for another', [lab(1, 'success'), lab(2, 'failed', { ref: 'x' })], 'fail'],
  ])('of GitLab: %s', async (_, statuses, phase) => {
    rig.answer = ({ headers, query }) => {
      if (headers['private-token'] !== secret) return { status: 401, body: { message: '401 Unauthorized' } };
      return { body: query.get('name') === 'ci/test run' ? statuses : [] };
    };
    expect((await rig.world.ask(gate('gitlab'), of(item(url())))).phase).toBe(phase);
    // The project is one part of the path, escaped.
    expect(rig.last.path).toBe(`/api/v4/projects/org%2Ffleet/repository/commits/${commit}/statuses`);
  });

  const tea = (id: number, state: string, key = 'status') => ({ id, context: 'ci/test run', [key]: state });
  it.each<[sentence: string, statuses: readonly Said[], phase: string]>([
    ['good', [tea(1, 'success')], 'pass'],
    ['good, on an older server', [tea(1, 'success', 'state')], 'pass'],
    ['none', [], 'wait'],
    ['the newest counts', [tea(3, 'failure'), tea(1, 'success'), tea(2, 'pending')], 'fail'],
    ['a warning is not good', [tea(1, 'warning')], 'wait'],
  ])('of Gitea: %s', async (_, statuses, phase) => {
    rig.answer = ({ path, headers, query }) => {
      if (headers.authorization !== `token ${secret}`) return { status: 401, body: {} };
      if (path !== `/api/v1/repos/org/fleet/commits/${commit}/statuses`) return undefined;
      return { body: (query.get('page') ?? '1') === '1' ? statuses : [] };
    };
    expect((await rig.world.ask(gate('gitea'), of(item(url())))).phase).toBe(phase);
  });

  it('is asked of every commit that comes from the repository, and of no other', async () => {
    const other = 'd'.repeat(40);
    rig.answer = (request) => {
      const good = github([status('success')])(request);
      return request.path.includes(other) ? { body: { statuses: [], check_runs: [] } } : good;
    };
    const elsewhere = item('https://git.example.com/org/other', { name: 'other', at: 'e'.repeat(40) });
    const both = of(
      item(url()),
      item(`ssh://git@127.0.0.1/org/fleet.git`, { name: 'b', at: other }),
      elsewhere,
    );
    expect(await rig.world.ask(gate('github'), both)).toEqual({
      phase: 'wait',
      message: `${other.slice(0, 12)} has no ci/test run yet`,
    });
    expect(rig.server.requests.some(({ path }) => path.includes('e'.repeat(40)))).toBe(false);
  });

  it('of a repository from which nothing comes fails', async () => {
    expect(await rig.world.ask(gate('github'))).toEqual({
      phase: 'fail',
      message: `shop-7 holds no commit of ${url()}`,
    });
  });

  it.each<[sentence: string, given: LoopbackAnswer, phase: string, message: RegExp]>([
    [
      'a commit that is not there yet',
      { status: 422, body: { message: 'No commit found for SHA' } },
      'wait',
      /has no ci\/test run yet$/,
    ],
    [
      'wrong credentials',
      { status: 401, body: { message: `Bad credentials ${secret}` } },
      'wait',
      /refuses the credentials \(401\): Bad credentials \*\*\*$/,
    ],
    [
      'too many questions',
      { status: 403, body: { message: 'API rate limit exceeded' } },
      'wait',
      /answered 403: API rate limit exceeded$/,
    ],
    [
      'a repository that it does not show',
      { status: 404, body: { message: 'Not Found' } },
      'wait',
      /does not know it, or does not show it with these credentials \(404\): Not Found$/,
    ],
    ['a page', { body: '<html>' }, 'wait', /is apiUrl right\?$/],
    ['another thing', { body: { statuses: 'none' } }, 'wait', /is apiUrl right\?$/],
  ])('is told %s', async (_, given, phase, message) => {
    rig.answer = () => given;
    const verdict = await rig.world.ask(gate('github'), of(item(url())));
    expect([verdict.phase, verdict.message]).toEqual([phase, expect.stringMatching(message)]);
  });

  it('is asked at apiUrl where there is one', async () => {
    rig.answer = ({ path }) =>
      path.startsWith('/behind/api/repos/org/fleet/')
        ? { body: { statuses: [], check_runs: [] } }
        : undefined;
    const away = gate('github', {
      url: 'https://git.example.com/org/fleet',
      apiUrl: `${rig.server.url}/behind/api/`,
    });
    expect((await rig.world.ask(away)).message).toBe(`${short} has no ci/test run yet`);
  });
});
