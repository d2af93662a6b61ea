import { beforeEach, describe, expect, it } from 'vitest';
import type { LoopbackAnswer } from '../servers/loopback.js';
import { gateRig, secret } from './gate-rig.js';

const rig = gateRig();

describe('a Prometheus query', () => {
  const gate = (more: object = {}) => ({
    type: 'prometheus',
    url: `${rig.server.url}/prom/`,
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
    rig.answer = () => vector('0.001');
    const verdict = await rig.world.ask(gate({ tokenEnv: 'FLOTILLA_GATE_KEY' }));
    expect(verdict).toMatchObject({ phase: 'pass', message: '{job="j0"} is 0.001 (< 0.01)' });
    const { method, path, query, headers } = rig.last;
    expect([method, path, headers.authorization]).toEqual(['GET', '/prom/api/v1/query', `Bearer ${secret}`]);
    expect(Object.fromEntries(query)).toEqual({ query: 'sum by (job) (rate(errors{a="b"}[5m])) + 1' });
  });

  it('that is long is asked by POST', async () => {
    rig.answer = () => vector('0');
    const query = `vector(0) # ${'ü '.repeat(2_000)}`;
    expect((await rig.world.ask(gate({ query }))).phase).toBe('pass');
    expect([
      rig.last.method,
      rig.last.headers['content-type'],
      new URLSearchParams(rig.last.body).get('query'),
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
    rig.answer = () => given;
    const verdict = await rig.world.ask(gate({ tokenEnv: 'FLOTILLA_GATE_KEY', ...more }));
    expect([verdict.phase, verdict.message]).toEqual([phase, message.replace('HOST', rig.host)]);
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
      rig.answer = () => values;
      const verdict = await rig.world.ask(gate(more), { memory });
      memory = verdict.memory
        ? (JSON.parse(JSON.stringify(verdict.memory)) as Record<string, unknown>)
        : null;
      return verdict;
    }

    it('waits, says until when, and passes then', async () => {
      const since = rig.world.clock.now().toISOString();
      const until = new Date(rig.world.clock.now().getTime() + 5 * minute);
      expect(await asked(vector('0'))).toMatchObject({
        phase: 'wait',
        message: `{job="j0"} is 0 (< 0.01) since ${since}; has to be for 5m`,
        until,
      });
      for (let half = 1; half < 10; half += 1) {
        rig.world.clock.advance(minute / 2);
        expect(await asked(vector('0'))).toMatchObject({ phase: 'wait', until });
      }
      rig.world.clock.advance(minute / 2);
      expect((await asked(vector('0'))).phase).toBe('pass');
    });

    it.each<[sentence: string, given: LoopbackAnswer]>([
      ['a bad sample', vector('1')],
      ['no result', vector()],
      ['an error', { status: 500, body: {} }],
      ['no answer', { status: 307, headers: { location: 'http://127.0.0.2:1/' } }],
    ])('begins again after %s', async (_, given) => {
      await asked(vector('0'));
      rig.world.clock.advance(minute);
      expect((await asked(given)).memory).toBeUndefined();
      rig.world.clock.advance(minute / 2);
      const again = await asked(vector('0'));
      expect(again.until).toEqual(new Date(rig.world.clock.now().getTime() + 5 * minute));
    });

    it('begins again after a gap in which nobody asked', async () => {
      await asked(vector('0'));
      rig.world.clock.advance(90_000);
      expect((await asked(vector('0'))).until).toEqual(
        new Date(rig.world.clock.now().getTime() + 3.5 * minute),
      );
      rig.world.clock.advance(90_001);
      expect((await asked(vector('0'))).until).toEqual(
        new Date(rig.world.clock.now().getTime() + 5 * minute),
      );
    });
  });
});
