import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../servers/wait-for.js';
import type { FluxCluster } from './flux-cluster.js';
import { repositoryFiles, rootManifests, startFluxCluster } from './flux-cluster.js';
import type { Cli } from './run-cli.js';
import { cliWith, parseTable } from './run-cli.js';

let cluster: FluxCluster;
let cli: Cli;
let commit: string;
const short = () => `main@sha1:${commit.slice(0, 8)}`;

beforeAll(async () => {
  cluster = await startFluxCluster();
  cli = cliWith({ KUBECONFIG: cluster.plane.kubeconfig });
});

afterAll(() => cluster?.stop());

describe('a cluster without an agent', () => {
  it('fails its check, and the check says what to do', async () => {
    const { code, stderr } = await cli.run(['check']);
    expect(code).toBe(1);
    expect(stderr).toContain('► checking prerequisites\n✔ Kubernetes ');
    expect(stderr).toContain('✗ no controller in namespace flux-system: install the chart flotilla-agent');
    expect(stderr).toContain('✔ gitrepositories.source.toolkit.fluxcd.io/v1');
    expect((await cli.run(['check', '--pre'])).code).toBe(0);
  });

  it('has no objects, which is no error, unless one is named (flux-compat 9.3)', async () => {
    expect(await cli.run(['get', 'ks'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '✗ no Kustomization objects found in "flux-system" namespace\n',
    });
    const named = await cli.run(['get', 'kustomizations', 'nope']);
    expect(named.code).toBe(4);
    expect(named.stderr).toMatch(/^✗ Kustomization object 'nope' not found in "flux-system" namespace\n/);
  });

  it('shows an object that nobody has looked at as not ready (flux-compat 9.3)', async () => {
    await cluster.kubectl.apply(rootManifests(cluster.repository.url));
    const { stdout } = await cli.run(['get', 'sources', 'git']);
    expect(parseTable(stdout)).toEqual([
      {
        NAME: 'fleet',
        REVISION: '',
        SUSPENDED: 'False',
        READY: 'False',
        MESSAGE: 'waiting to be reconciled',
      },
    ]);
  });

  it('does not answer a reconcile request, which ends with --timeout', async () => {
    const { code, stderr } = await cli.run(['reconcile', 'source', 'git', 'fleet', '--timeout', '500ms']);
    expect(code).toBe(5);
    expect(stderr).toContain('◎ waiting for GitRepository reconciliation\n');
    expect(stderr).toContain(
      '✗ GitRepository/flux-system/fleet: not reconciled within 500ms; no controller has reported on it\n',
    );
  });
});

describe('a cluster with an agent', () => {
  beforeAll(async () => {
    commit = await cluster.repository.commit(repositoryFiles('one'));
    await cluster.startAgent();
    await cluster.ready(commit);
  });

  it('passes its check, which cannot see an agent that runs elsewhere without a lease', async () => {
    const { code, stderr } = await cli.run(['check']);
    expect(stderr).toContain(
      '⚠ no controller in namespace flux-system: 3 objects have been reconciled by one',
    );
    expect(stderr).toMatch(/⚠ all checks passed, but not everything could be seen\n$/);
    expect(code).toBe(0);
  });

  it('gives the columns of Flux (flux-compat 9.3)', async () => {
    const { stdout } = await cli.run(['get', 'kustomizations']);
    expect(stdout).toMatch(/^NAME +REVISION +SUSPENDED +READY +MESSAGE\n/);
    const applied = {
      REVISION: short(),
      SUSPENDED: 'False',
      READY: 'True',
      MESSAGE: `Applied revision: ${short()}`,
    };
    expect(parseTable(stdout)).toEqual([
      { NAME: 'app', ...applied },
      { NAME: 'root', ...applied },
    ]);
  });

  it.each<[string, string[], string[]]>([
    ['-A puts NAMESPACE first', ['get', 'ks', '-A'], ['NAMESPACE', 'NAME']],
    ['--show-source adds SOURCE', ['get', 'ks', 'root', '--show-source'], ['NAME', 'SOURCE']],
  ])('%s (flux-compat 9.3)', async (_name, args, columns) => {
    const { stdout, code } = await cli.run(args);
    expect(code).toBe(0);
    const [row] = parseTable(stdout);
    expect(Object.keys(row!).slice(0, 2)).toEqual(columns);
    expect(row).toMatchObject(
      columns[1] === 'SOURCE' ? { SOURCE: 'GitRepository/fleet' } : { NAMESPACE: 'flux-system' },
    );
  });

  it('groups everything by kind, with the kind before the name (flux-compat 9.3)', async () => {
    const { stdout } = await cli.run(['get', 'all']);
    const [sources, appliers] = stdout.split('\n\n');
    expect(parseTable(sources!).map((row) => row['NAME'])).toEqual(['gitrepository/fleet']);
    expect(parseTable(appliers!).map((row) => row['NAME'])).toEqual([
      'kustomization/app',
      'kustomization/root',
    ]);
  });

  it.each<[string, string[], string[]]>([
    ['by label', ['-l', 'team=platform'], ['root']],
    ['by status, without regard to case', ['--status-selector', 'READY=true'], ['app', 'root']],
    ['by status that nobody has', ['--status-selector', 'ready=false'], []],
    ['by name', ['app'], ['app']],
    ['without a header', ['root', '--no-header'], ['root']],
  ])('filters %s', async (_name, args, names) => {
    const { stdout } = await cli.run(['get', 'ks', '--no-header', ...args]);
    const lines = stdout.split('\n').filter((line) => line !== '');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(names);
  });

  it('gives the objects as the API server has them', async () => {
    const list = JSON.parse((await cli.run(['get', 'ks', '-o', 'json'])).stdout) as { items: unknown[] };
    expect(list).toMatchObject({ apiVersion: 'v1', kind: 'List' });
    const root = await cluster.kubectl.get('ks', 'root', '-n', 'flux-system', '--show-managed-fields');
    expect(list.items).toContainEqual(root);
    const yaml = await cli.run(['get', 'ks', 'root', '-o', 'yaml']);
    const theirs = await cluster.kubectl.run([
      'get',
      'ks',
      'root',
      '--namespace=flux-system',
      '--output=yaml',
      '--show-managed-fields',
    ]);
    expect(yaml.stdout).toBe(theirs);
  });

  it('shows what a Kustomization has applied, through the ones below it', async () => {
    const { stdout } = await cli.run(['tree', 'kustomization', 'root']);
    expect(stdout).toBe(
      [
        'Kustomization/flux-system/root',
        '├── Namespace/shop',
        '└── Kustomization/flux-system/app',
        '    └── ConfigMap/shop/settings',
        '',
      ].join('\n'),
    );
    expect((await cli.run(['tree', 'ks', 'root', '--compact'])).stdout).toBe(
      'Kustomization/flux-system/root\n└── Kustomization/flux-system/app\n',
    );
    const data: unknown = JSON.parse((await cli.run(['tree', 'ks', 'app', '-o', 'json'])).stdout);
    expect(data).toEqual({
      resource: {
        Namespace: 'flux-system',
        Name: 'app',
        GroupKind: { Group: 'kustomize.toolkit.fluxcd.io', Kind: 'Kustomization' },
      },
      resources: [
        { resource: { Namespace: 'shop', Name: 'settings', GroupKind: { Group: '', Kind: 'ConfigMap' } } },
      ],
    });
  });

  it('reconciles a source and a Kustomization at once, with the words of Flux (flux-compat 9.2)', async () => {
    commit = await cluster.repository.commit(repositoryFiles('two'));
    const { code, stdout, stderr } = await cli.run(['reconcile', 'kustomization', 'app', '--with-source']);
    expect(stderr).toBe(
      [
        '► annotating GitRepository fleet in flux-system namespace',
        '✔ GitRepository annotated',
        '◎ waiting for GitRepository reconciliation',
        `✔ fetched revision main@sha1:${commit}`,
        '► annotating Kustomization app in flux-system namespace',
        '✔ Kustomization annotated',
        '◎ waiting for Kustomization reconciliation',
        `✔ applied revision main@sha1:${commit}`,
        '',
      ].join('\n'),
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    const args = ['get', 'configmap', 'settings', '-n', 'shop', '-o', 'jsonpath={.data.value}'];
    expect(await cluster.kubectl.run(args)).toBe('two');
  });

  it('suspends and resumes; a suspended object is not reconciled (flux-compat 9.2)', async () => {
    expect(await cli.run(['suspend', 'kustomization', 'app'])).toMatchObject({
      code: 0,
      stderr: '► suspending kustomization app in flux-system namespace\n✔ kustomization suspended\n',
    });
    const [row] = parseTable((await cli.run(['get', 'ks', 'app'])).stdout);
    expect(row).toMatchObject({ SUSPENDED: 'True' });
    const refused = await cli.run(['reconcile', 'kustomization', 'app']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('✗ Kustomization/flux-system/app: resource is suspended\n');

    const resumed = await cli.run(['resume', 'ks', 'app']);
    expect(resumed.stderr).toBe(
      [
        '► resuming kustomization app in flux-system namespace',
        '✔ kustomization resumed',
        '◎ waiting for Kustomization reconciliation',
        `✔ applied revision main@sha1:${commit}`,
        '',
      ].join('\n'),
    );
    expect(resumed.code).toBe(0);
  });

  it('suspends and resumes everything of a namespace', async () => {
    expect((await cli.run(['suspend', 'ks', '--all'])).stderr.match(/kustomization suspended/g)).toHaveLength(
      2,
    );
    expect((await cli.run(['resume', 'ks', '--all', '--wait'])).code).toBe(0);
    const rows = parseTable((await cli.run(['get', 'ks'])).stdout);
    expect(rows.map((row) => row['SUSPENDED'])).toEqual(['False', 'False']);
  });

  it('suspends nothing when one of the names is wrong', async () => {
    expect((await cli.run(['suspend', 'ks', 'app', 'nope'])).code).toBe(4);
    expect(parseTable((await cli.run(['get', 'ks', 'app'])).stdout)).toMatchObject([{ SUSPENDED: 'False' }]);
  });

  it('tells a reconcile that failed, at once and with the reason', async () => {
    await cluster.repository.commit({ ...repositoryFiles('two'), 'app/config.yaml': 'kind: [broken\n' });
    const { code, stderr } = await cli.run(['reconcile', 'ks', 'app', '--with-source']);
    expect(stderr).toMatch(/✗ Kustomization app reconciliation failed: .*app\/config\.yaml/);
    expect(code).toBe(1);
    commit = await cluster.repository.commit(repositoryFiles('three'));
    expect((await cli.run(['reconcile', 'ks', 'app', '--with-source'])).code).toBe(0);
  });

  it('watches: prints what is there, then what changes, until it is interrupted', async () => {
    const watch = cli.start(['get', 'ks', '--watch']);
    await waitFor('the first rows', () => watch.stdout().includes('\nroot '));
    await cli.run(['suspend', 'ks', 'app']);
    await waitFor('the change', () => /\napp .*True .*/.test(watch.stdout().split('\nroot')[1] ?? ''));
    expect(watch.stdout().match(/NAME/g)).toHaveLength(1);
    expect(await watch.stop()).toBe(130);
    await cli.run(['resume', 'ks', 'app']);
  });
});

describe('a cluster whose agent holds the lease', () => {
  it('passes its check without a doubt', async () => {
    await cluster.stopAgent();
    await cluster.startAgent(['--enable-leader-election']);
    const checked = await waitFor('the lease', async () => {
      const result = await cli.run(['check']);
      return result.stderr.includes(' leads, lease renewed ') && result;
    });
    expect(checked.stderr).toMatch(/✔ all checks passed\n$/);
    expect(checked.code).toBe(0);
  });
});

describe('what goes wrong is said with its remedy', () => {
  const unreachable = () => {
    const path = join(cluster.folder, 'unreachable.kubeconfig');
    writeFileSync(
      path,
      'apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\n' +
        'clusters: [{name: a, cluster: {server: "https://127.0.0.1:9"}}]\nusers: [{name: a, user: {token: x}}]\n',
    );
    return path;
  };

  it.each<[string, () => string[], number, RegExp]>([
    [
      'nobody listens',
      () => ['get', 'ks', '--kubeconfig', unreachable()],
      3,
      /^✗ cannot talk to the API server https:\/\/127\.0\.0\.1:9: connection refused/,
    ],
    [
      'a wrong token',
      () => ['get', 'ks', '--kubeconfig', cluster.plane.kubeconfigFor({ token: 'wrong' })],
      3,
      /^✗ the API server does not accept the credentials of the kubeconfig: Unauthorized\n {2}renew them/,
    ],
    [
      'a kubeconfig that is not there',
      () => ['check', '--kubeconfig', '/nonexistent'],
      3,
      /^✗ kubeconfig \/nonexistent cannot be read: ENOENT/,
    ],
    ['a context that is not there', () => ['get', 'ks', '--kube-context', 'nope'], 3, /^✗ .*nope/],
    [
      'a context of a kubeconfig given as one of a hub',
      () => ['get', 'ks', '--context', 'test'],
      2,
      /^✗ --context test: this command asks the cluster of a kubeconfig.*\n {2}use --kube-context/,
    ],
    ['a token of a hub', () => ['check', '--token', 'flt_x'], 2, /^✗ --token: .*\n {2}add --cluster NAME/],
    [
      'a broken status selector',
      () => ['get', 'ks', '--status-selector', 'ready'],
      2,
      /expected type=status/,
    ],
    [
      'no name',
      () => ['suspend', 'ks'],
      2,
      /no kustomization is named\n {2}give one or more names, or --all/,
    ],
    ['an unknown kind', () => ['get', 'kustomizationz'], 2, /Did you mean/],
  ])('%s', async (_name, args, code, text) => {
    const result = await cli.run(args());
    expect(result.stderr).toMatch(text);
    expect(result.code).toBe(code);
    expect(result.stdout).toBe('');
  });
});
