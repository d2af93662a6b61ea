import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningHub } from '@flotilla/hub/start-hub';
import { startTestHub } from '../servers/hub.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { cliWith } from './run-cli.js';
import type { TlsFront } from './tls-front.js';
import { startTlsFront } from './tls-front.js';

const folder = temporaryFolder('cli-hub');
let hub: RunningHub;
let front: TlsFront;
let adminToken: string;

beforeAll(async () => {
  const databaseUrl = await (await sharedPostgres()).createDatabase();
  hub = await startTestHub({ databaseUrl, dataDir: join(folder.path, 'hub') });
  adminToken = readFileSync(join(folder.path, 'hub', 'admin-token'), 'utf8').trim();
  front = await startTlsFront(hub.httpUrl);
});

afterAll(async () => {
  await front?.stop();
  await hub?.stop();
  folder.remove();
});

const inTerminal = (args: readonly string[], input: string) =>
  cliWith({ XDG_CONFIG_HOME: join(folder.path, 'config') }).inTerminal(args, input);

describe('at a terminal', () => {
  it('the token is asked for and not shown while it is typed', async () => {
    const shown = await inTerminal(['login', '--hub', hub.httpUrl], `${adminToken}\r`);
    expect(shown).toContain(`Token for ${hub.httpUrl}: `);
    expect(shown).toContain('logged in to');
    expect(shown).toContain('next: flotilla get clusters');
    // The terminal itself echoes what is typed before the question is there; the command shows nothing of it.
    expect(shown.slice(shown.indexOf('Token for'))).not.toContain(adminToken.slice(20));
  });

  it('a join token comes with the next step, and colours', async () => {
    const shown = await inTerminal(['token', 'create', '--join', '--cluster', 'prod'], '');
    expect(shown).toMatch(/flj_\S+/);
    expect(shown).toContain('--hub-address 127.0.0.1:8443 --cluster-name prod --join-token-file join-token');
    expect(await inTerminal(['whoami'], '')).toContain('\u001b[1mNAME\u001b[22m');
  });
});

describe('over TLS', () => {
  const ask = (url: string, ...flags: readonly string[]) =>
    cliWith({ FLOTILLA_HUB: url, FLOTILLA_TOKEN: adminToken }).run(['whoami', ...flags]);

  it('a certificate of an unknown authority is refused, with the remedy', async () => {
    const { code, stderr } = await ask(front.url);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /^✗ cannot reach the hub https:\/\/localhost:\d+: its certificate is not signed by a known/,
    );
    expect(stderr).toContain('\n  give the PEM file of the authority with --ca-file\n');
  });

  it('the authority is given with --ca-file, which login keeps', async () => {
    const caFile = join(folder.path, 'ca.pem');
    writeFileSync(caFile, front.ca);
    expect((await ask(front.url, '--ca-file', caFile)).code).toBe(0);
    const other = await ask(front.otherUrl, '--ca-file', caFile);
    expect(other.stderr).toContain('its certificate is for another name (ERR_TLS_CERT_ALTNAME_INVALID)');
    const cli = cliWith({ XDG_CONFIG_HOME: join(folder.path, 'tls-config') });
    await cli.run(['login', '--hub', front.url, '--ca-file', caFile], adminToken);
    expect((await cli.run(['get', 'clusters'])).code).toBe(0);
    expect((await cli.run(['login'], adminToken)).code).toBe(0);
    expect((await cli.run(['get', 'clusters'])).code).toBe(0);
    expect((await ask(front.url, '--ca-file', join(folder.path, 'hub', 'admin-token'))).stderr).toMatch(
      /^✗ CA file .* holds no certificate\n/,
    );
  });

  it.each(['agentAddress', 'enrolAddress'] as const)(
    'a port for agents says that it is one: %s',
    async (port) => {
      const ca = ['--ca-file', join(folder.path, 'hub', 'ca.pem')];
      const { code, stderr } = await ask(`https://${hub[port]}`, ...ca);
      expect(code).toBe(3);
      expect(stderr).toContain('it is not the REST API that answers there');
    },
  );

  it('a plain HTTP port that is called with https says so', async () => {
    const { stderr } = await ask(hub.httpUrl.replace('http:', 'https:'));
    expect(stderr).toContain('it does not speak TLS at this port');
    expect(stderr).toContain('try http:// in place of https://');
  });
});
