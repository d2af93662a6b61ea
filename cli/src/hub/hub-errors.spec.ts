import { describe, expect, it } from 'vitest';
import { answerError, connectionFailure } from './hub-errors.js';

const hub = 'https://hub.example.com';
const body = (error: object) => JSON.stringify({ error });

describe('what the hub refuses', () => {
  it.each<[number, string, number, string, RegExp]>([
    [
      404,
      body({ code: 'NotFound', message: 'cluster "x" does not exist', remedy: 'look', id: '7' }),
      4,
      'cluster "x" does not exist',
      /^look \[NotFound, id 7\]$/,
    ],
    [
      401,
      body({ code: 'Unauthenticated', message: 'unknown token', id: '7' }),
      3,
      `the hub ${hub} does not accept the token: unknown token`,
      /^flotilla login --hub https:\/\/hub\.example\.com stores another token \[/,
    ],
    [403, body({ code: 'Forbidden', message: 'needs admin', id: '7' }), 3, 'needs admin', /Forbidden/],
    [
      422,
      body({ code: 'Invalid', message: 'is too long', field: 'name', id: '7' }),
      2,
      'is too long (name)',
      /Invalid/,
    ],
    [409, body({ code: 'Conflict', message: 'taken', id: '7' }), 1, 'taken', /Conflict/],
    [503, body({ code: 'Unavailable', message: 'no database', id: '7' }), 3, 'no database', /Unavailable/],
    [500, body({ code: 'Internal', message: 'the hub failed', id: '7' }), 1, 'the hub failed', /id 7/],
    [502, '<html>Bad Gateway</html>', 3, `${hub} answered 502, but not as a hub does`, /without \/api\/v1/],
    [
      431,
      '{"error":"Request Header Fields Too Large"}',
      2,
      'a name or a filter is too long for an address',
      /^give a shorter one$/,
    ],
    [301, '', 3, `${hub} answered with a redirect`, /check --hub/],
  ])('status %d', (status, text, exitCode, message, remedy) => {
    const error = answerError(hub, status, text);
    expect(error).toMatchObject({ exitCode, message });
    expect(error.remedy).toMatch(remedy);
  });
});

describe('a hub that cannot be reached', () => {
  const failed = (code: string) =>
    new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code }) });

  it.each([
    ['ECONNREFUSED', 'connection refused'],
    ['ENOTFOUND', 'the host name does not resolve'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is not signed by a known authority'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another name'],
    ['CERT_HAS_EXPIRED', 'its certificate is not valid now'],
    ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', 'it is not the REST API that answers there'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'it is not the REST API that answers there'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'TLS with it fails'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not speak TLS at this port'],
  ])('%s: %s', (code, meaning) => {
    const error = connectionFailure(hub, failed(code));
    expect(error.message).toBe(`cannot reach the hub ${hub}: ${meaning} (${code})`);
    expect(error).toMatchObject({ exitCode: 3, remedy: expect.any(String) as string });
  });

  it('is told through several attempts, and without a code by its own words', () => {
    const several = new TypeError('fetch failed', {
      cause: new AggregateError([failed('ECONNREFUSED').cause]),
    });
    expect(connectionFailure(hub, several).message).toContain('connection refused');
    const other = new TypeError('fetch failed', { cause: new Error('something new') });
    expect(connectionFailure(hub, other).message).toBe(`cannot reach the hub ${hub}: something new`);
  });
});
