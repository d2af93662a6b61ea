import { describe, expect, it } from 'vitest';
import { formatAddress } from '@flotilla/common/flags/flag-schemas';
import { hubCommand, readHubConfig } from './parse-config.js';

describe('the settings', () => {
  it('have defaults that start a hub', () => {
    const config = readHubConfig({}, {});
    expect(config).toMatchObject({
      httpAddr: { host: '', port: 8080 },
      databaseUrl: undefined,
      certificateTtlMs: 86_400_000,
      heartbeatMs: 5_000,
      tlsNames: [],
    });
  });

  it('come from the command line before the environment', () => {
    const given = hubCommand('1')
      .parse(['--grpc-addr', '[::1]:9', '--tls-name', 'a', '--tls-name', 'b,c'], { from: 'user' })
      .opts();
    const config = readHubConfig(given, {
      FLOTILLA_HUB_GRPC_ADDR: ':1',
      FLOTILLA_HUB_ENROLL_ADDR: 'h:2',
      DATABASE_URL: 'postgres://u:p@h/d',
    });
    expect(config).toMatchObject({
      grpcAddr: { host: '::1', port: 9 },
      enrollAddr: { host: 'h', port: 2 },
      tlsNames: ['a', 'b', 'c'],
      databaseUrl: 'postgres://u:p@h/d',
    });
    expect(formatAddress(config.grpcAddr)).toBe('[::1]:9');
  });

  it('are all in the help, with their variables', () => {
    const help = hubCommand('1').helpInformation();
    expect(help).toMatch(/--http-addr <host:port>/);
    expect(help.replace(/\s+/g, ' ')).toContain('FLOTILLA_HUB_CERTIFICATE_TTL, default 86400');
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'an address without port',
      { httpAddr: 'localhost' },
      /flag --http-addr has the invalid value "localhost": expected host:port/,
    ],
    ['a port that does not exist', { httpAddr: ':70000' }, /expected host:port/],
    [
      'an endpoint that nobody can dial',
      { publicEndpoint: ':8443' },
      /expected host:port, for example hub.example.com:8443/,
    ],
    ['a database that is none', { databaseUrl: 'mysql://u:secret@h' }, /expected postgres:\/\//],
    ['a lifetime of nothing', { certificateTtl: '0' }, /expected a whole number from 60/],
    ['a proxy by its name', { trustedProxy: 'ingress.local' }, /expected addresses or ranges/],
    ['a range without end', { trustedProxy: '10.0.0.0/33' }, /--trusted-proxy .* expected addresses or/],
    ['trust in everybody', { trustedProxy: '10.1.0.1, ::/0' }, /a range of everybody would let everybody/],
    [
      'a user in an address',
      { configGitUrl: 'https://u:p@h/x.git' },
      /value "https:\/\/…@h\/x\.git": must not hold a user or password/,
    ],
    ['a password without a user', { configGitUrl: 'https://:p@h/x.git' }, /must not hold a user or password/],
    ['an address that is none', { configGitUrl: 'git' }, /expected an address that begins with https/],
    ['a level that does not exist', { logLevel: 'loud' }, /expected one of trace, debug/],
  ])('refuse %s and name the flag', (_, given, message) => {
    expect(() => readHubConfig(given, {})).toThrow(message);
  });

  it.each([
    ['databaseUrl', 'mysql://u:secret@h'],
    ['configGitUrl', 'https://u:secret@h/x.git'],
    ['httpAddr', 'https://u:secret@h'],
  ])('never repeat a secret: %s', (key, text) => {
    expect(() => readHubConfig({ [key]: text }, {})).toThrow(/^(?!.*secret)/s);
  });
});
