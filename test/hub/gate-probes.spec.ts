import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startLoopback } from '../servers/loopback.js';
import type { Loopback, LoopbackAnswer, LoopbackRequest } from '../servers/loopback.js';
import { commit, item, promotionOf, startGateWorld } from './gate-world.js';
import type { GateWorld } from './gate-world.js';

let server: Loopback;
let world: GateWorld;
let answer: (request: LoopbackRequest) => LoopbackAnswer | undefined | Promise<LoopbackAnswer | undefined>;
const secret = 's3cret-of-the-gate';
const host = (): string => new URL(server.url).host;
const last = (): LoopbackRequest => server.requests.at(-1) as LoopbackRequest;

beforeAll(async () => {
  server = await startLoopback((request) => answer(request));
});
afterAll(() => server?.stop());
beforeEach(() => {
  world = startGateWorld();
  vi.stubEnv('FLOTILLA_GATE_KEY', `${secret}\n`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await world.stop();
});

describe('a webhook', () => {
  const hook = (more: object = {}) => ({ type: 'webhook', url: `${server.url}/gate?team=a`, ...more });

  it('gets the promotion by POST, and its signature fits the bytes that came', async () => {
    answer = () => ({ body: { phase: 'pass', message: 'change 4711 is approved' } });
    const verdict = await world.ask(hook({ name: 'itil', secretEnv: 'FLOTILLA_GATE_KEY' }), {
      stage: 'after',
    });
    expect(verdict).toEqual({ phase: 'pass', message: 'change 4711 is approved' });
    const { method, path, query, headers, body } = last();
    expect([method, path, query.get('team'), headers['content-type']]).toEqual([
      'POST',
      '/gate',
      'a',
      'application/json',
    ]);
    const expected = createHmac('sha256', secret).update(body).digest('hex');
    expect(headers['x-flotilla-signature']).toBe(`sha256=${expected}`);
    expect(JSON.parse(body)).toEqual({
      id: '0199aaaa-0000-7000-8000-000000000001',
      pipeline: 'shop',
      environment: 'prod',
      stage: 'after',
      gate: 'itil',
      priority: 'normal',
      requestedBy: 'ci',
      createdAt: '2026-03-01T11:00:00.000Z',
      askedFirstAt: '2026-03-01T12:00:00.000Z',
      askedAt: '2026-03-01T12:00:00.000Z',
      release: {
        id: '0199aaaa-0000-7000-8000-000000000002',
        name: 'shop-7',
        items: [
          {
            source: { kind: 'GitRepository', namespace: 'flux-system', name: 'apps' },
            url: 'https://git.example.com/org/fleet',
            revision: `main@sha1:${commit}`,
            digest: null,
            authors: ['Ada <ada@example.test>'],
          },
        ],
      },
    });
  });

  it('without a key gets no signature', async () => {
    answer = () => ({ body: { phase: 'wait' } });
    expect(await world.ask(hook())).toEqual({ phase: 'wait', message: `${host()} says wait` });
    expect(last().headers['x-flotilla-signature']).toBeUndefined();
  });

  it.each<[sentence: string, given: LoopbackAnswer, phase: string, message: string]>([
    ['that says fail fails', { body: { phase: 'fail', message: 'no' } }, 'fail', 'no'],
    [
      'that says more than it has to is understood',
      { body: { phase: 'pass', x: 1 } },
      'pass',
      'HOST says pass',
    ],
    ['that answers 500 waits', { status: 500, body: { phase: 'pass' } }, 'wait', 'HOST answered 500'],
    ['that answers 201 waits', { status: 201, body: { phase: 'pass' } }, 'wait', 'HOST answered 201'],
    [
      'that answers no JSON waits',
      { body: '<html>' },
      'wait',
      'HOST answered something else than {"phase":"pass|wait|fail","message":"…"}',
    ],
    [
      'that answers another phase waits',
      { body: { phase: 'maybe' } },
      'wait',
      'HOST answered something else than {"phase":"pass|wait|fail","message":"…"}',
    ],
    [
      'that answers null waits',
      { body: 'null' },
      'wait',
      'HOST answered something else than {"phase":"pass|wait|fail","message":"…"}',
    ],
    [
      'that sends it elsewhere is not followed',
      { status: 307, headers: { location: 'http://127.0.0.2:1/' } },
      'wait',
      'no answer: HOST redirects to another server, which the hub does not follow',
    ],
    [
      'that has moved for a GET is not followed',
      { status: 302, headers: { location: '/other' } },
      'wait',
      'no answer: HOST answered 302',
    ],
    [
      'that answers without end waits',
      { body: 'x'.repeat(1024 * 1024 + 1) },
      'wait',
      'no answer: HOST answered with more than 1048576 bytes',
    ],
    [
      'that says what it was told shows stars',
      { body: { phase: 'wait', message: `key ${secret}\u001b[31m\nred` } },
      'wait',
      'key *** [31m red',
    ],
  ])('%s', async (_, given, phase, message) => {
    answer = () => given;
    const verdict = await world.ask(hook({ secretEnv: 'FLOTILLA_GATE_KEY' }));
    expect(verdict).toEqual({ phase, message: message.replace('HOST', host()) });
  });

  it('is followed to another path of the same server', async () => {
    answer = ({ path }) =>
      path === '/gate'
        ? { status: 307, headers: { location: '/new' } }
        : { body: { phase: 'pass', message: path } };
    expect(await world.ask(hook())).toEqual({ phase: 'pass', message: '/new' });
    expect(JSON.parse(last().body)).toMatchObject({ pipeline: 'shop' });
  });

  it('that redirects in a circle is left', async () => {
    answer = () => ({ status: 307, headers: { location: '/gate' } });
    expect((await world.ask(hook())).message).toBe(`no answer: ${host()} redirects again and again`);
  });

  it('that does not answer is left when the hub has no more time', async () => {
    answer = () => new Promise(() => undefined);
    const verdict = await world.ask(hook(), {}, AbortSignal.timeout(200));
    expect(verdict.message).toBe(`no answer: ${host()}: the question was broken off`);
  });

  it('whose key the hub does not have is not asked', async () => {
    const before = server.requests.length;
    const verdict = await world.ask(hook({ secretEnv: 'FLOTILLA_GATE_MISSING' }));
    expect(verdict.message).toBe('no answer: the hub has no environment variable FLOTILLA_GATE_MISSING');
    expect(server.requests.length).toBe(before);
  });

  it.each([
    [
      'http://169.254.169.254/latest/meta-data',
      /169\.254\.169\.254 is an address that the hub does not talk to/,
    ],
    ['http://[::ffff:169.254.169.254]/', /is an address that the hub does not talk to/],
    ['http://0xa9.254.0xa9fe/', /169\.254\.169\.254 is an address that the hub does not talk to/],
    ['http://2852039166/', /169\.254\.169\.254 is an address that the hub does not talk to/],
    ['http://0.0.0.0:1/', /0\.0\.0\.0:1 is an address that the hub does not talk to/],
    ['http://127.0.0.1:1/', /127\.0\.0\.1:1: connect ECONNREFUSED/],
  ])('at %s is no answer', async (url, message) => {
    expect((await world.ask({ type: 'webhook', url })).message).toMatch(message);
  });

  it('is asked only at the hosts that the hub may talk to', async () => {
    answer = () => ({ body: { phase: 'pass' } });
    const narrow = startGateWorld(['ci.example.com', '127.0.0.1:9']);
    expect((await narrow.ask(hook())).message).toBe(
      `no answer: ${host()} is not one of the hosts of --outgoing-host`,
    );
    await narrow.stop();
    const open = startGateWorld([host()]);
    expect((await open.ask(hook())).phase).toBe('pass');
    await open.stop();
  });

  it('is one of a few that are asked at the same time', async () => {
    let [now, most] = [0, 0];
    answer = async () => {
      most = Math.max(most, (now += 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
      now -= 1;
      return { body: { phase: 'pass' } };
    };
    const verdicts = await Promise.all(Array.from({ length: 60 }, () => world.ask(hook())));
    expect([verdicts.every(({ phase }) => phase === 'pass'), most]).toEqual([true, 8]);
  });
});

describe('a Prometheus query', () => {
  const gate = (more: object = {}) => ({
    type: 'prometheus',
    url: `${server.url}/prom/`,
    query: 'sum by (job) (rate(errors{a="b"}[5m])) + 1',
    condition: { operator: '<', value: 0.01 },
    ...more,
  });
  const vector = (...values: string[]) => ({
    body: {
      status: 'success',
      data: {
        resultType: 'vector',
        result: values.map((value, index) => ({
          metric: { job: `j${index}` },
          value: [1_700_000_000.1, value],
        })),
      },
    },
  });

  it('is asked at the API, with the token and exactly as it is written', async () => {
    answer = () => vector('0.001');
    const verdict = await world.ask(gate({ tokenEnv: 'FLOTILLA_GATE_KEY' }));
    expect(verdict).toMatchObject({ phase: 'pass', message: '{job="j0"} is 0.001 (< 0.01)' });
    const { method, path, query, headers } = last();
    expect([method, path, headers.authorization]).toEqual(['GET', '/prom/api/v1/query', `Bearer ${secret}`]);
    expect(Object.fromEntries(query)).toEqual({ query: 'sum by (job) (rate(errors{a="b"}[5m])) + 1' });
  });

  it('that is long is asked by POST', async () => {
    answer = () => vector('0');
    const query = `vector(0) # ${'ü '.repeat(2_000)}`;
    expect((await world.ask(gate({ query }))).phase).toBe('pass');
    expect([
      last().method,
      last().headers['content-type'],
      new URLSearchParams(last().body).get('query'),
    ]).toEqual(['POST', 'application/x-www-form-urlencoded', query]);
  });

  const scalar = (value: string) => ({
    body: { status: 'success', data: { resultType: 'scalar', result: [1, value] } },
  });
  it.each<[sentence: string, given: LoopbackAnswer, more: object, phase: string, message: string]>([
    [
      'of which one sample is bad waits',
      vector('0', '0.5', '0'),
      {},
      'wait',
      '1 of 3 series: {job="j1"} is 0.5; has to be < 0.01',
    ],
    [
      'with many bad samples names a few',
      vector('1', '2', '3', '4', '5'),
      {},
      'wait',
      '5 of 5 series: {job="j0"} is 1, {job="j1"} is 2, {job="j2"} is 3 and 2 more; has to be < 0.01',
    ],
    [
      'that is exactly at the value waits for <',
      vector('0.01'),
      {},
      'wait',
      '{job="j0"} is 0.01; has to be < 0.01',
    ],
    [
      'that is exactly at the value passes for <=',
      vector('0.01'),
      { condition: { operator: '<=', value: 0.01 } },
      'pass',
      '{job="j0"} is 0.01 (<= 0.01)',
    ],
    ['may be a scalar', scalar('3'), { condition: { operator: '==', value: 3 } }, 'pass', 'is 3 (== 3)'],
    [
      'may be infinite',
      scalar('+Inf'),
      { condition: { operator: '>=', value: 3 } },
      'pass',
      'is +Inf (>= 3)',
    ],
    [
      'that is not a number never passes',
      scalar('NaN'),
      { condition: { operator: '!=', value: 3 } },
      'wait',
      'is NaN; has to be != 3',
    ],
    [
      'that is not a number does not pass for > either',
      vector('NaN'),
      { condition: { operator: '>', value: 0 } },
      'wait',
      '{job="j0"} is NaN; has to be > 0',
    ],
    ['without a result waits', vector(), {}, 'wait', 'the query has no result'],
    ['without a result may pass', vector(), { onEmpty: 'pass' }, 'pass', 'the query has no result (< 0.01)'],
    ['without a result may fail', vector(), { onEmpty: 'fail' }, 'fail', 'the query has no result'],
    [
      'over a range waits',
      { body: { status: 'success', data: { resultType: 'matrix', result: [] } } },
      {},
      'wait',
      'HOST: the query gives a matrix; it has to give an instant vector or a scalar',
    ],
    [
      'with a mistake says which',
      { status: 400, body: { status: 'error', errorType: 'bad_data', error: 'parse error: unexpected ")"' } },
      {},
      'wait',
      'HOST: parse error: unexpected ")"',
    ],
    ['of somebody else waits', { status: 401, body: 'no' }, {}, 'wait', 'HOST refuses the credentials (401)'],
    [
      'that is answered by something else waits',
      { body: { hello: 1 } },
      {},
      'wait',
      'HOST: the answer is not that of the Prometheus API',
    ],
    [
      'that is answered by a page waits',
      { status: 502, body: '<html>' },
      {},
      'wait',
      'HOST: answered 502 without JSON',
    ],
    [
      'that is answered with the token shows stars',
      { status: 400, body: { status: 'error', error: `bad ${secret}` } },
      {},
      'wait',
      'HOST: bad ***',
    ],
  ])('%s', async (_, given, more, phase, message) => {
    answer = () => given;
    const verdict = await world.ask(gate({ tokenEnv: 'FLOTILLA_GATE_KEY', ...more }));
    expect([verdict.phase, verdict.message]).toEqual([phase, message.replace('HOST', host())]);
  });

  describe('that has to hold for some time', () => {
    const lasting = { for: '5m', interval: '30s' };
    const minute = 60_000;
    let memory: Readonly<Record<string, unknown>> | null;
    beforeEach(() => {
      memory = null;
    });
    /** As the hub asks: what was remembered comes back as JSON; no memory is none. */
    async function asked(values: LoopbackAnswer, more: object = lasting) {
      answer = () => values;
      const verdict = await world.ask(gate(more), { memory });
      memory = verdict.memory
        ? (JSON.parse(JSON.stringify(verdict.memory)) as Record<string, unknown>)
        : null;
      return verdict;
    }

    it('waits, says until when, and passes then', async () => {
      const since = world.clock.now().toISOString();
      const until = new Date(world.clock.now().getTime() + 5 * minute);
      expect(await asked(vector('0'))).toMatchObject({
        phase: 'wait',
        message: `{job="j0"} is 0 (< 0.01) since ${since}; has to be for 5m`,
        until,
      });
      for (let half = 1; half < 10; half += 1) {
        world.clock.advance(minute / 2);
        expect(await asked(vector('0'))).toMatchObject({ phase: 'wait', until });
      }
      world.clock.advance(minute / 2);
      expect((await asked(vector('0'))).phase).toBe('pass');
    });

    it.each<[sentence: string, given: LoopbackAnswer]>([
      ['a bad sample', vector('1')],
      ['no result', vector()],
      ['an error', { status: 500, body: {} }],
      ['no answer', { status: 307, headers: { location: 'http://127.0.0.2:1/' } }],
    ])('begins again after %s', async (_, given) => {
      await asked(vector('0'));
      world.clock.advance(minute);
      expect((await asked(given)).memory).toBeUndefined();
      world.clock.advance(minute / 2);
      const again = await asked(vector('0'));
      expect(again.until).toEqual(new Date(world.clock.now().getTime() + 5 * minute));
    });

    it('begins again after a gap in which nobody asked', async () => {
      await asked(vector('0'));
      world.clock.advance(90_000);
      expect((await asked(vector('0'))).until).toEqual(new Date(world.clock.now().getTime() + 3.5 * minute));
      world.clock.advance(90_001);
      expect((await asked(vector('0'))).until).toEqual(new Date(world.clock.now().getTime() + 5 * minute));
    });
  });
});

describe('a commit status', () => {
  const url = () => `${server.url}/org/fleet`;
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
    answer = github(statuses, runs);
    expect(await world.ask(gate('github'), of(item(`${url()}.git`)))).toEqual({ phase, message });
  });

  it('of GitHub is found on a later page', async () => {
    const others = Array.from({ length: 100 }, (_, index) =>
      status('failure', { context: `other-${index}` }),
    );
    answer = (request) => github(request.query.get('page') === '2' ? [status('success')] : others)(request);
    expect((await world.ask(gate('github'), of(item(url())))).phase).toBe('pass');
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
    answer = ({ headers, query }) => {
      if (headers['private-token'] !== secret) return { status: 401, body: { message: '401 Unauthorized' } };
      return { body: query.get('name') === 'ci/test run' ? statuses : [] };
    };
    expect((await world.ask(gate('gitlab'), of(item(url())))).phase).toBe(phase);
    // The project is one part of the path, escaped.
    expect(last().path).toBe(`/api/v4/projects/org%2Ffleet/repository/commits/${commit}/statuses`);
  });

  const tea = (id: number, state: string, key = 'status') => ({ id, context: 'ci/test run', [key]: state });
  it.each<[sentence: string, statuses: readonly Said[], phase: string]>([
    ['good', [tea(1, 'success')], 'pass'],
    ['good, on an older server', [tea(1, 'success', 'state')], 'pass'],
    ['none', [], 'wait'],
    ['the newest counts', [tea(3, 'failure'), tea(1, 'success'), tea(2, 'pending')], 'fail'],
    ['a warning is not good', [tea(1, 'warning')], 'wait'],
  ])('of Gitea: %s', async (_, statuses, phase) => {
    answer = ({ path, headers, query }) => {
      if (headers.authorization !== `token ${secret}`) return { status: 401, body: {} };
      if (path !== `/api/v1/repos/org/fleet/commits/${commit}/statuses`) return undefined;
      return { body: (query.get('page') ?? '1') === '1' ? statuses : [] };
    };
    expect((await world.ask(gate('gitea'), of(item(url())))).phase).toBe(phase);
  });

  it('is asked of every commit that comes from the repository, and of no other', async () => {
    const other = 'd'.repeat(40);
    answer = (request) => {
      const good = github([status('success')])(request);
      return request.path.includes(other) ? { body: { statuses: [], check_runs: [] } } : good;
    };
    const elsewhere = item('https://git.example.com/org/other', { name: 'other', at: 'e'.repeat(40) });
    const both = of(
      item(url()),
      item(`ssh://git@127.0.0.1/org/fleet.git`, { name: 'b', at: other }),
      elsewhere,
    );
    expect(await world.ask(gate('github'), both)).toEqual({
      phase: 'wait',
      message: `${other.slice(0, 12)} has no ci/test run yet`,
    });
    expect(server.requests.some(({ path }) => path.includes('e'.repeat(40)))).toBe(false);
  });

  it('of a repository from which nothing comes fails', async () => {
    expect(await world.ask(gate('github'))).toEqual({
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
    answer = () => given;
    const verdict = await world.ask(gate('github'), of(item(url())));
    expect([verdict.phase, verdict.message]).toEqual([phase, expect.stringMatching(message)]);
  });

  it('is asked at apiUrl where there is one', async () => {
    answer = ({ path }) =>
      path.startsWith('/behind/api/repos/org/fleet/')
        ? { body: { statuses: [], check_runs: [] } }
        : undefined;
    const away = gate('github', {
      url: 'https://git.example.com/org/fleet',
      apiUrl: `${server.url}/behind/api/`,
    });
    expect((await world.ask(away)).message).toBe(`${short} has no ci/test run yet`);
  });
});
