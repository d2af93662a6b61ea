import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.js';
import { withLogFields } from './log-context.js';
import { redact } from './redact.js';

describe('redaction', () => {
  it.each([
    ['a bearer token', 'sent Authorization: Bearer abcdef123456.xyz to', 'abcdef123456'],
    ['a JSON web token', 'token was eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', 'eyJzdWIiOiIxIn0'],
    ['the password of a URL', 'fetch https://user:hunter2@git.example.com/x', 'hunter2'],
    ['a token as the user of a URL', 'fetch https://ghp_abc@git.example.com/x', 'ghp_abc'],
    [
      'a private key',
      'x -----BEGIN RSA PRIVATE KEY-----\\nMIIabc\\n-----END RSA PRIVATE KEY----- y',
      'MIIabc',
    ],
    ['a private key that was cut off', 'x -----BEGIN PRIVATE KEY-----\\nMIIabc', 'MIIabc'],
    ['an age key', 'AGE-SECRET-KEY-1QQQSECRET', '1QQQSECRET'],
    ['a field that is named password', '{"password":"hun\\"ter2","a":1}', 'ter2'],
    ['a field that is named token', '{"Token":"abc"}', 'abc'],
  ])('hides %s', (_name, line, secret) => {
    expect(redact(line)).not.toContain(secret);
    expect(redact(line)).toContain('***');
  });

  it.each([
    '{"secretRef":{"name":"git-auth"},"url":"https://git.example.com/a@b/c"}',
    '{"msg":"basic authentication is not set","Secret":{"name":"a","namespace":"b"}}',
    'user@example.com pushed main@sha1:0123456789abcdef0123456789abcdef01234567',
  ])('leaves alone what is no secret: %s', (line) => {
    expect(redact(line)).toBe(line);
  });
});

describe('log lines (flux-compat 7)', () => {
  const now = () => Date.UTC(2026, 0, 2, 3, 4, 5, 6);
  function capture(options: { level?: 'trace' | 'info'; encoding?: 'json' | 'console' } = {}) {
    const lines: string[] = [];
    return { lines, logger: createLogger({ ...options, now, write: (line) => lines.push(line) }) };
  }

  it('are JSON with level, ts and msg', () => {
    const { lines, logger } = capture();
    logger.child({ logger: 'runtime' }).info({ revision: 'main@sha1:1' }, 'stored artifact');
    expect(lines).toEqual([
      '{"level":"info","ts":"2026-01-02T03:04:05.006Z","logger":"runtime","revision":"main@sha1:1","msg":"stored artifact"}\n',
    ]);
  });

  it('carry the text of an error', () => {
    const { lines, logger } = capture();
    logger.error({ error: new Error('no luck') }, 'reconciler error');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', error: 'no luck' });
  });

  it('carry the fields of the work under way', async () => {
    const { lines, logger } = capture();
    await withLogFields({ reconcileID: 'r1' }, async () => {
      await Promise.resolve();
      withLogFields({ step: 'build' }, () => logger.info({}, 'inside'));
    });
    logger.info({}, 'outside');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ reconcileID: 'r1', step: 'build' });
    expect(lines[1]).not.toContain('reconcileID');
  });

  it('leave out what is below the level', () => {
    const { lines, logger } = capture();
    logger.debug({}, 'quiet');
    expect(lines).toEqual([]);
    capture({ level: 'trace' }).logger.trace({}, 'loud');
  });

  it('are tab separated for a console', () => {
    const { lines, logger } = capture({ encoding: 'console' });
    logger.info({ a: 1 }, 'ready');
    expect(lines).toEqual(['2026-01-02T03:04:05.006Z\tINFO\tready\t{"a":1}\n']);
  });

  it('hide secrets', () => {
    const { lines, logger } = capture();
    logger.error({ error: new Error('GET https://u:hunter2@h/x failed') }, 'fetch failed');
    expect(lines[0]).not.toContain('hunter2');
  });
});
