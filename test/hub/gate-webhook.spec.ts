import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { LoopbackAnswer } from '../servers/loopback.js';
import { gateRig, secret } from './gate-rig.js';
import { commit, startGateWorld } from './gate-world.js';

const rig = gateRig();

describe('a webhook', () => {
  const hook = (more: object = {}) => ({ type: 'webhook', url: `${rig.server.url}/gate?team=a`, ...more });

  it('gets the promotion by POST, and its signature fits the bytes that came', async () => {
    rig.answer = () => ({ body: { phase: 'pass', message: 'change 4711 is approved' } });
    const verdict = await rig.world.ask(hook({ name: 'itil', secretEnv: 'FLOTILLA_GATE_KEY' }), {
      stage: 'after',
    });
    expect(verdict).toEqual({ phase: 'pass', message: 'change 4711 is approved' });
    const { method, path, query, headers, body } = rig.last;
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
    rig.answer = () => ({ body: { phase: 'wait' } });
    expect(await rig.world.ask(hook())).toEqual({ phase: 'wait', message: `${rig.host} says wait` });
    expect(rig.last.headers['x-flotilla-signature']).toBeUndefined();
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
    rig.answer = () => given;
    const verdict = await rig.world.ask(hook({ secretEnv: 'FLOTILLA_GATE_KEY' }));
    expect(verdict).toEqual({ phase, message: message.replace('HOST', rig.host) });
  });

  it('is followed to another path of the same server', async () => {
    rig.answer = ({ path }) =>
      path === '/gate'
        ? { status: 307, headers: { location: '/new' } }
        : { body: { phase: 'pass', message: path } };
    expect(await rig.world.ask(hook())).toEqual({ phase: 'pass', message: '/new' });
    expect(JSON.parse(rig.last.body)).toMatchObject({ pipeline: 'shop' });
  });

  it('that redirects in a circle is left', async () => {
    rig.answer = () => ({ status: 307, headers: { location: '/gate' } });
    expect((await rig.world.ask(hook())).message).toBe(`no answer: ${rig.host} redirects again and again`);
  });

  it('that does not answer is left when the hub has no more time', async () => {
    rig.answer = () => new Promise(() => undefined);
    const verdict = await rig.world.ask(hook(), {}, AbortSignal.timeout(200));
    expect(verdict.message).toBe(`no answer: ${rig.host}: the question was broken off`);
  });

  it('whose key the hub does not have is not asked', async () => {
    const before = rig.server.requests.length;
    const verdict = await rig.world.ask(hook({ secretEnv: 'FLOTILLA_GATE_MISSING' }));
    expect(verdict.message).toBe('no answer: the hub has no environment variable FLOTILLA_GATE_MISSING');
    expect(rig.server.requests.length).toBe(before);
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
    expect((await rig.world.ask({ type: 'webhook', url })).message).toMatch(message);
  });

  it('is asked only at the hosts that the hub may talk to', async () => {
    rig.answer = () => ({ body: { phase: 'pass' } });
    const narrow = startGateWorld(['ci.example.com', '127.0.0.1:9']);
    expect((await narrow.ask(hook())).message).toBe(
      `no answer: ${rig.host} is not one of the hosts of --outgoing-host`,
    );
    await narrow.stop();
    const open = startGateWorld([rig.host]);
    expect((await open.ask(hook())).phase).toBe('pass');
    await open.stop();
  });

  it('is one of a few that are asked at the same time', async () => {
    let [now, most] = [0, 0];
    rig.answer = async () => {
      most = Math.max(most, (now += 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
      now -= 1;
      return { body: { phase: 'pass' } };
    };
    const verdicts = await Promise.all(Array.from({ length: 60 }, () => rig.world.ask(hook())));
    expect([verdicts.every(({ phase }) => phase === 'pass'), most]).toEqual([true, 8]);
  });
});
