import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningHub } from '@flotilla/hub/start-hub';
import { newId } from '@flotilla/hub/platform/ids';
import { startTestHub } from '../servers/hub.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';
import type { FluxCluster } from './flux-cluster.js';
import { repositoryFiles, rootManifests, startFluxCluster } from './flux-cluster.js';
import type { Cli } from './run-cli.js';
import { cliWith, parseTable } from './run-cli.js';

let cluster: FluxCluster;
let hub: RunningHub;
let databaseUrl: string;
let adminToken: string;
let home: string;
/** Logged in as the admin by the first test. */
let cli: Cli;
let commit: string;

beforeAll(async () => {
  const [started, postgres] = await Promise.all([startFluxCluster(), sharedPostgres()]);
  cluster = started;
  home = join(cluster.folder, 'home');
  const dataDir = join(cluster.folder, 'hub');
  databaseUrl = await postgres.createDatabase();
  hub = await startTestHub({ databaseUrl, dataDir });
  adminToken = readFileSync(join(dataDir, 'admin-token'), 'utf8').trim();
  cli = cliWith({ XDG_CONFIG_HOME: home });
});

afterAll(async () => {
  await cluster?.stop();
  await hub?.stop();
});

/** Stops the hub, and after a while starts it at the same addresses. */
async function restart(): Promise<void> {
  const flags = {
    httpAddr: new URL(hub.httpUrl).host,
    grpcAddr: hub.agentAddress,
    enrollAddr: hub.enrolAddress,
  };
  await hub.stop();
  await sleep(1_500);
  hub = await startTestHub({ databaseUrl, dataDir: join(cluster.folder, 'hub'), flags });
}

/** A cluster that enrolled long ago and has been silent since; the agent's own words are not needed for that. */
async function seedLostCluster(name: string): Promise<void> {
  const id = newId();
  const database = hub.app.get(DataSource, { strict: false });
  await database.query(
    `INSERT INTO clusters (id, name, uid, labels, enrolled_at) VALUES ($1, $2, $1, '{"env":"edge"}', now() - interval '3 days')`,
    [id, name],
  );
  await database.query(
    `INSERT INTO agents (cluster_id, shard, agent_version, kubernetes_version, observed_at)
     VALUES ($1, '', '0.1.0', 'v1.33.2', now() - interval '2 hours')`,
    [id],
  );
}

describe('login', () => {
  it('says who is who before it stores anything', async () => {
    const refused = await cli.run([
      'login',
      '--hub',
      hub.httpUrl,
      '--token',
      `flt_wrongwrong12_${'x'.repeat(43)}`,
    ]);
    expect(refused.stderr).toContain(`✗ the hub ${hub.httpUrl} does not accept the token`);
    expect(refused.stderr).toContain(`flotilla login --hub ${hub.httpUrl} stores another token`);
    expect(refused.code).toBe(3);
    const nobody = await cli.run(['get', 'clusters']);
    expect(nobody).toMatchObject({ code: 3, stdout: '' });
    expect(nobody.stderr).toMatch(/^✗ no hub is chosen\n {2}flotilla login --hub URL/);
  });

  it('reads the token from stdin and keeps it in a file that only its owner can read', async () => {
    const result = await cli.run(['login', '--hub', `${hub.httpUrl}/`, '--name', 'test'], `${adminToken}\n`);
    expect(result.stderr).toContain(`✔ logged in to ${hub.httpUrl} (version `);
    expect(result).toMatchObject({ code: 0, stdout: '' });
    expect(result.stderr).not.toContain(adminToken);
    const path = join(home, 'flotilla', 'config.yaml');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toBe(
      `contexts:\n  test:\n    hub: ${hub.httpUrl}\n    token: ${adminToken}\ncurrent: test\n`,
    );
    const whoami = parseTable((await cli.run(['whoami'])).stdout);
    expect(whoami).toMatchObject([{ NAME: 'admin', ROLE: 'admin', HUB: hub.httpUrl }]);
  });

  it('tells a join token from an API token', async () => {
    const result = await cli.run(['login', '--hub', hub.httpUrl], 'flj_a_b_c');
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/^✗ this is a join token/);
  });
});

describe('tokens', () => {
  it('are printed once, alone on stdout', async () => {
    const made = await cli.run(['token', 'create', '--name', 'ci', '--role', 'viewer', '--ttl', '1h']);
    expect(made.stdout).toMatch(/^flt_\w+_[\w-]+\n$/);
    const token = made.stdout.trim();
    const list = await cli.run(['token', 'list']);
    expect(parseTable(list.stdout)).toContainEqual(
      expect.objectContaining({ NAME: 'ci', ROLE: 'viewer', BY: 'admin', 'LAST USED': 'never' }),
    );
    expect(list.stdout).not.toContain(token.split('_').slice(2).join('_'));
    const viewer = cliWith({ FLOTILLA_HUB: hub.httpUrl, FLOTILLA_TOKEN: token });
    expect((await viewer.run(['get', 'clusters'])).code).toBe(0);
    const refused = await viewer.run(['cluster', 'delete', 'prod', '--yes']);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/\[Forbidden, id /);
    // A whole token as the argument is understood, and its secret not repeated.
    const revoked = await cli.run(['token', 'revoke', token]);
    expect(revoked.stderr).toMatch(/^✔ API token \w+ of ci revoked\n$/);
    expect((await viewer.run(['whoami'])).code).toBe(3);
  });

  it('let a cluster in, which then shows up', async () => {
    commit = await cluster.repository.commit(repositoryFiles('one'));
    const join = await cli.run(['token', 'create', '--join', '--cluster', 'prod', '--labels', 'env=prod']);
    expect(join.stdout).toMatch(/^flj_\S+\n$/);
    expect(parseTable((await cli.run(['token', 'list', '--join'])).stdout)).toMatchObject([
      { CLUSTER: 'prod', LABELS: 'env=prod', USED: '0/1' },
    ]);
    const tokenFile = `${cluster.folder}/join-token`;
    writeFileSync(tokenFile, join.stdout);
    await cluster.startAgent([
      `--hub-address=${hub.agentAddress}`,
      `--hub-enroll-address=${hub.enrolAddress}`,
      `--join-token-file=${tokenFile}`,
      '--cluster-name=prod',
    ]);
    await cluster.kubectl.apply(rootManifests(cluster.repository.url));
    await cluster.ready(commit);
    await seedLostCluster('edge-1');
    const ready = await waitFor('the cluster to be ready', async () => {
      const rows = parseTable((await cli.run(['get', 'clusters'])).stdout);
      return rows.find((row) => row['NAME'] === 'prod' && row['OBJECTS'] === '3/3');
    });
    expect(ready).toMatchObject({ READY: 'True', SYNC: 'Synced', HEALTH: 'Healthy', FRESHNESS: 'Live' });
    expect(ready['OBSERVED']).toMatch(/^\d+s ago$/);
  });
});

describe('what the fleet looks like', () => {
  it('a cluster that is lost is not ready, and says since when', async () => {
    const [edge] = parseTable((await cli.run(['get', 'clusters', 'edge-1'])).stdout);
    expect(edge).toMatchObject({ READY: 'False', FRESHNESS: 'Lost', OBJECTS: '0/0', OBSERVED: '120m ago' });
  });

  it.each<[string, string[], string[]]>([
    ['labels', ['-l', 'env=prod'], ['prod']],
    ['freshness, in any case', ['--freshness', 'lost,stale'], ['edge-1']],
    ['ready', ['--ready'], ['prod']],
    ['not ready', ['--ready', 'false'], ['edge-1']],
    ['name', ['prod'], ['prod']],
  ])('clusters are chosen by %s', async (_name, args, names) => {
    const { stdout } = await cli.run(['get', 'clusters', ...args]);
    expect(parseTable(stdout).map((row) => row['NAME'])).toEqual(names);
  });

  it('objects of all clusters have their axes, and the data is what the API gave', async () => {
    const { stdout } = await cli.run(['get', 'objects', '--kind', 'ks', '-n', 'flux-system']);
    const revision = `main@sha1:${commit.slice(0, 8)}`;
    expect(parseTable(stdout)).toMatchObject([
      {
        CLUSTER: 'prod',
        KIND: 'Kustomization',
        NAME: 'app',
        READY: 'True',
        FRESHNESS: 'Live',
        REVISION: revision,
      },
      { CLUSTER: 'prod', KIND: 'Kustomization', NAME: 'root', MESSAGE: `Applied revision: ${revision}` },
    ]);
    const data = JSON.parse((await cli.run(['get', 'objects', 'app', '-o', 'json'])).stdout) as {
      items: Record<string, unknown>[];
    };
    const answer = await fetch(`${hub.httpUrl}/api/v1/objects?name=app`, {
      headers: { authorization: `Bearer ${adminToken}` },
    });
    const raw = (await answer.json()) as { items: Record<string, unknown>[] };
    const { observedAt: _a, ...ours } = data.items[0]!;
    const { observedAt: _b, ...theirs } = raw.items[0]!;
    expect(ours).toEqual(theirs);
    expect(Object.keys(data)).toEqual(['items', 'nextCursor', 'total']);
  });

  it('Flux nouns with --cluster ask the hub', async () => {
    const { stdout } = await cli.run(['get', 'ks', '--cluster', 'prod']);
    expect(parseTable(stdout).map((row) => row['NAME'])).toEqual(['app', 'root']);
    const mixed = await cli.run(['get', 'ks', '--cluster', 'prod', '--show-source']);
    expect(mixed).toMatchObject({ code: 2, stdout: '' });
  });

  it('where tells how far a commit has come', async () => {
    const { code, stdout } = await cli.run(['where', commit.slice(0, 10), '-l', 'env=prod', '--wait']);
    expect(parseTable(stdout)).toMatchObject([{ CLUSTER: 'prod', STATE: 'Reached', OBJECTS: '2/2' }]);
    expect(code).toBe(0);
    const nowhere = await cli.run(['where', 'f'.repeat(40), '--wait', '--timeout', '300ms']);
    expect(nowhere.code).toBe(5);
    expect(nowhere.stderr).toMatch(/✗ commit f+: 0 of 2 clusters Reached, .*within 300ms/);
    expect((await cli.run(['where', 'main'])).code).toBe(2);
    expect((await cli.run(['where', commit, '--wait', '--watch'])).code).toBe(2);
    const watch = cli.start(['where', commit, '-l', 'env=prod', '--watch', '-o', 'json']);
    await waitFor('the clusters', () => watch.stdout().split('\n').length > 1);
    const [first = ''] = watch.stdout().split('\n');
    expect(JSON.parse(first)).toMatchObject({ state: 'Reached' });
    expect(await watch.stop()).toBe(130);
  });

  it('events come with the newest at the end', async () => {
    const { stdout } = await cli.run(['events', '--cluster', 'prod', '--since', '1h']);
    const rows = parseTable(stdout);
    expect(rows.map((row) => row['OBJECT'])).toContain('Kustomization/flux-system/app');
    const data = JSON.parse((await cli.run(['events', '-o', 'json', '--limit', '1'])).stdout) as {
      items: unknown[];
    };
    expect(data.items).toHaveLength(1);
  });

  it('describe shows a cluster whole', async () => {
    const { stdout } = await cli.run(['describe', 'cluster', 'prod']);
    expect(stdout).toMatch(/^Name: +prod\nLabels: +env=prod\nReady: +True\n/);
    expect(stdout).toContain('Newest events:');
    expect(stdout).not.toContain('Not ready:');
  });
});

describe('what people ask of the fleet', () => {
  it('a reconcile is followed to its end', async () => {
    commit = await cluster.repository.commit(repositoryFiles('two'));
    const args = ['reconcile', 'ks', 'app', '--with-source', '--cluster', 'prod', '-o', 'json'];
    const { code, stdout, stderr } = await cli.run(args);
    expect(stderr).toContain('► reconciling Kustomization app in flux-system namespace on prod\n');
    expect(stderr).toMatch(/✔ prod: /);
    const { items } = JSON.parse(stdout) as { items: { state: string }[] };
    expect(items).toMatchObject([{ cluster: 'prod', state: 'Succeeded' }]);
    expect(code).toBe(0);
    await cluster.ready(commit);
  });

  it('suspend and resume go the same way, by labels too', async () => {
    expect((await cli.run(['suspend', 'ks', 'app', '-l', 'env=prod'])).code).toBe(0);
    await waitFor('the suspended object', async () => {
      const [row] = parseTable((await cli.run(['get', 'objects', 'app', '--health', 'suspended'])).stdout);
      return row?.['READY'] === 'False';
    });
    expect((await cli.run(['resume', 'ks', 'app', '--cluster', 'prod'])).code).toBe(0);
    const intents = parseTable((await cli.run(['get', 'intents', '--state', 'succeeded'])).stdout);
    expect(intents.map((row) => row['ACTION'])).toEqual(['resume', 'suspend', 'reconcile']);
  });

  it('one cluster that cannot makes exit code 1, and is named', async () => {
    const { code, stderr } = await cli.run(['reconcile', 'ks', 'app', '--cluster', 'prod,edge-1']);
    expect(stderr).toMatch(/✔ prod: /);
    expect(stderr).toMatch(/✗ edge-1: Refused: /);
    expect(stderr).toMatch(/✗ reconcile failed on 1 of 2: edge-1\n$/);
    expect(code).toBe(1);
  });

  it.each<[string, string[], number, RegExp]>([
    [
      'an unknown cluster',
      ['reconcile', 'ks', 'app', '--cluster', 'nope'],
      4,
      /✗ cluster "nope" does not exist.*\n {2}flotilla get clusters lists the known ones \[NotFound, id /,
    ],
    ['labels that nobody has', ['reconcile', 'ks', 'app', '-l', 'env=none'], 2, /matches no cluster/],
    [
      'both ways to name clusters',
      ['reconcile', 'ks', 'app', '-l', 'env=prod', '--cluster', 'prod'],
      2,
      /give one of them/,
    ],
    ['a kubeconfig for the hub', ['get', 'clusters', '--kubeconfig', '/x'], 2, /this command asks the hub/],
    ['a broken selector', ['get', 'clusters', '-l', 'env in prod'], 2, /labelSelector/],
    [
      'an unknown context',
      ['get', 'clusters', '--context', 'nope'],
      2,
      /context "nope" does not exist; known: test/,
    ],
    [
      'nobody listens',
      ['get', 'clusters', '--hub', 'http://127.0.0.1:29', '--token', 'x'],
      3,
      /cannot reach the hub http:\/\/127\.0\.0\.1:29: connection refused/,
    ],
  ])('%s is said', async (_name, args, code, text) => {
    const result = await cli.run(args);
    expect(result.stderr).toMatch(text);
    expect(result).toMatchObject({ code, stdout: '' });
  });
});

describe('what changes is shown as it happens', () => {
  it('clusters, events and objects are watched until the interruption', async () => {
    const clusters = cli.start(['get', 'clusters', '--watch']);
    const events = cli.start(['events', '--watch', '-o', 'json', '--kind', 'ks', '--name', 'app']);
    const objects = cli.start(['get', 'objects', '-w', '-o', 'json', '--kind', 'ks']);
    await waitFor(
      'what is there',
      () => clusters.stdout().includes('prod') && objects.stdout().includes('root'),
    );
    commit = await cluster.repository.commit(repositoryFiles('three'));
    await cli.run(['reconcile', 'ks', 'app', '--with-source', '--cluster', 'prod']);
    const isNew = (line: string) => line.includes(commit);
    await waitFor('the event', () => events.stdout().split('\n').some(isNew));
    await waitFor('the object', () => objects.stdout().split('\n').some(isNew));
    await waitFor('the cluster', () => clusters.stdout().includes(`main@sha1:${commit.slice(0, 8)}`));
    for (const line of [...events.stdout().trim().split('\n'), ...objects.stdout().trim().split('\n')])
      expect(() => JSON.parse(line) as unknown).not.toThrow();
    for (const running of [clusters, events, objects]) {
      expect(await running.stop()).toBe(130);
      expect(running.stderr()).toBe('');
    }
  });
});

describe('a hub that goes away', () => {
  it('leaves what was shown, marked as old, and goes on when it is back', async () => {
    const watch = cli.start(['get', 'clusters', '--watch', '--no-header']);
    const events = cli.start(['events', '--watch', '--no-header', '--limit', '1']);
    await waitFor('the rows', () => watch.stdout().includes('prod') && events.stdout() !== '');
    await restart();
    const away = `✗ cannot reach the hub ${hub.httpUrl}: `;
    await waitFor(
      'the note',
      () => watch.stderr().startsWith(away) && watch.stderr().includes('; this is old\n'),
    );
    await waitFor('the return', () => events.stderr().includes('✔ the hub is back\n'));
    const before = watch.stdout();
    await cli.run(['suspend', 'source', 'git', 'fleet', '--cluster', 'prod']);
    await waitFor('the change', () => watch.stdout().length > before.length, { timeoutMs: 20_000 });
    await cli.run(['resume', 'source', 'git', 'fleet', '--cluster', 'prod']);
    expect(await watch.stop()).toBe(130);
    expect(await events.stop()).toBe(130);
  });

  it('ends a stream whose token was revoked, with the reason', async () => {
    const made = await cli.run(['token', 'create', '--name', 'watcher', '--role', 'viewer']);
    const watcher = cliWith({ FLOTILLA_HUB: hub.httpUrl, FLOTILLA_TOKEN: made.stdout.trim() });
    const watch = watcher.start(['get', 'clusters', '--watch']);
    await waitFor('the rows', () => watch.stdout().includes('prod'));
    await cli.run(['token', 'revoke', 'watcher']);
    expect(await watch.ended).toBe(3);
    expect(watch.stderr()).toContain('does not accept the token');
  });
});

describe('clusters are looked after', () => {
  it('labelled, cut off and removed', async () => {
    const labelled = await cli.run(['cluster', 'label', 'edge-1', 'tier=2', 'env-']);
    expect(labelled.stderr).toBe('✔ cluster edge-1 labelled: tier=2\n');
    expect((await cli.run(['cluster', 'revoke', 'edge-1', '--reason', 'stolen'])).code).toBe(0);
    const unconfirmed = await cli.run(['cluster', 'delete', 'edge-1']);
    expect(unconfirmed.code).toBe(2);
    expect(unconfirmed.stderr).toMatch(/has to be confirmed\n {2}add --yes/);
    expect((await cli.run(['cluster', 'delete', 'edge-1', '--yes'])).code).toBe(0);
    expect((await cli.run(['get', 'clusters', 'edge-1'])).code).toBe(4);
  });

  it('logout forgets the token', async () => {
    expect((await cli.run(['logout'])).stderr).toBe('✔ context "test" is forgotten\n');
    expect(readFileSync(join(home, 'flotilla', 'config.yaml'), 'utf8')).toBe('contexts: {}\n');
  });
});
