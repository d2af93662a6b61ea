import { describe, expect, it } from 'vitest';
import type { GlobalOptions } from '../options/global-options.js';
import { chooseHub, hubUrl, isPlainHttp } from './choose-hub.js';
import type { Contexts } from './contexts.js';

const contexts: Contexts = {
  current: 'dev',
  contexts: {
    dev: { hub: 'https://dev.example.com', token: 'dev-token' },
    prod: { hub: 'https://prod.example.com', token: 'prod-token', caFile: '/ca.pem' },
  },
};
const dev = { hub: 'https://dev.example.com', token: 'dev-token' };
const prod = { hub: 'https://prod.example.com', token: 'prod-token', caFile: '/ca.pem' };
type Flags = Partial<GlobalOptions>;
type Env = Record<string, string>;

function choose(flags: Flags, env: Env, stored = contexts): unknown {
  return chooseHub({ timeout: 1, ...flags }, env, stored);
}

describe('the hub is chosen', () => {
  it.each<[string, Flags, Env, unknown]>([
    ['by the current context', {}, {}, dev],
    ['by --context', { context: 'prod' }, {}, prod],
    [
      'by --context against the environment',
      { context: 'prod' },
      { FLOTILLA_HUB: 'https://x', FLOTILLA_TOKEN: 't' },
      prod,
    ],
    ['by FLOTILLA_CONTEXT', {}, { FLOTILLA_CONTEXT: 'prod' }, prod],
    [
      'by the environment',
      {},
      { FLOTILLA_HUB: 'https://x', FLOTILLA_TOKEN: 't' },
      { hub: 'https://x', token: 't' },
    ],
    ['by --hub, with the token that is stored for it', { hub: 'https://prod.example.com/' }, {}, prod],
    ['with a token of its own', { token: 'mine' }, {}, { ...dev, token: 'mine' }],
    ['with the token of the environment', {}, { FLOTILLA_TOKEN: 't' }, { ...dev, token: 't' }],
    ['with a CA of its own', { caFile: '/mine.pem' }, {}, { ...dev, caFile: '/mine.pem' }],
  ])('%s', (_name, flags, env, chosen) => expect(choose(flags, env)).toEqual(chosen));

  it.each<[string, Flags, Env, string]>([
    [
      'a token of another hub is never sent',
      { hub: 'https://evil.example.com' },
      {},
      'no token for the hub https://evil.example.com',
    ],
    [
      'FLOTILLA_TOKEN belongs to FLOTILLA_HUB',
      { hub: 'https://evil.example.com' },
      { FLOTILLA_HUB: 'https://x', FLOTILLA_TOKEN: 't' },
      'no token for the hub https://evil.example.com',
    ],
    ['an unknown context', { context: 'stage' }, {}, 'context "stage" does not exist; known: dev, prod'],
    ['a context named like a property of objects', { context: 'constructor' }, {}, 'does not exist'],
    [
      'a token of two lines',
      { token: 'a\nb' },
      {},
      'the token (of --token, FLOTILLA_TOKEN or the context) holds blanks',
    ],
    ['a token with what no header holds', {}, { FLOTILLA_TOKEN: 'tökén' }, 'holds blanks or characters'],
    ['two hubs', { hub: 'https://x', context: 'dev' }, {}, 'give one of them'],
    ['no scheme', { hub: 'flotilla.example.com' }, {}, 'is not an address'],
    ['another scheme', { hub: 'ftp://flotilla.example.com' }, {}, 'is not an address'],
  ])('%s is refused', (_name, flags, env, text) => expect(() => choose(flags, env)).toThrow(text));

  it('a token that is refused is not shown', () => {
    const secret = 'flt_id_secret';
    expect(() => choose({ token: `${secret}\nx` }, {})).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(secret) as string }),
    );
  });

  it('without anything there is a remedy', () => {
    expect(() => choose({}, {}, { contexts: {} })).toThrow('no hub is chosen');
  });
});

describe('addresses of hubs', () => {
  it.each([
    ['https://hub.example.com', 'https://hub.example.com'],
    ['https://hub.example.com:443/', 'https://hub.example.com'],
    ['HTTPS://Hub.Example.com/flotilla/', 'https://hub.example.com/flotilla'],
    ['http://localhost:8080/api/v1', 'http://localhost:8080'],
  ])('%s is %s', (text, url) => expect(hubUrl(text)).toBe(url));

  it('hold no credentials, and the error does not repeat them', () => {
    expect(() => hubUrl('https://me:secret@hub.example.com')).toThrow(
      /^(?!.*secret)the address of the hub holds/,
    );
  });

  it.each([
    ['http://hub.example.com', true],
    ['http://127.0.0.1:80', false],
    ['http://[::1]:8080', false],
    ['http://localhost', false],
    ['https://hub.example.com', false],
  ])('%s crosses a network in the clear: %s', (url, is) => expect(isPlainHttp(url)).toBe(is));
});
