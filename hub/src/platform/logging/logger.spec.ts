import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.js';

function logged(fields: object, message = 'm'): string {
  const lines: string[] = [];
  createLogger('info', { write: (line) => lines.push(line) }).info(fields, message);
  return lines.join('');
}

describe('the log', () => {
  it('is one JSON object a line', () => {
    expect(JSON.parse(logged({ cluster: 'prod' }, 'agent connected'))).toMatchObject({
      level: 'info',
      cluster: 'prod',
      msg: 'agent connected',
    });
  });

  it.each<[string, object, string]>([
    ['a field that holds a secret', { password: 'hunter2' }, 'hunter2'],
    ['a field below another', { request: { joinToken: 'hunter2' } }, 'hunter2'],
    ['a header', { request: { headers: { authorization: 'Bearer hunter2' } } }, 'hunter2'],
    ['a join token in a text', { reason: 'bad token flj_abc_secretsecret_pin-pin' }, 'secretsecret'],
    ['an API token in a text', { reason: 'flt_abcdefgh2345_s3cr3t' }, 's3cr3t'],
    ['a password in a URL', { reason: 'cannot reach postgres://flotilla:hunter2@db:5432/x' }, 'hunter2'],
    ['a secret in an error', { err: new Error('postgres://u:hunter2@db') }, 'hunter2'],
  ])('never shows %s', (_, fields, secret) => {
    expect(logged(fields)).not.toContain(secret);
  });

  it('keeps what is no secret', () => {
    expect(logged({ reason: 'https://git.example.com/flotilla/fleet.git flux-system' })).toContain(
      'https://git.example.com/flotilla/fleet.git flux-system',
    );
  });
});
