import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseYaml } from '@flotilla/common/yaml/parse';
import { describe, expect, it } from 'vitest';
import { helmFor } from '../servers/helm.js';
import { repositoryRoot } from '../servers/repository-root.js';
import { chartFolder, render, type Chart, type Values } from './charts.js';

const withHub = { 'hub.address': 'hub.example.com:8443', 'cluster.name': 'prod' };

describe('helm lint --strict', () => {
  it.each<[Chart, Values]>([
    ['flotilla-agent', {}],
    ['flotilla-agent', { ...withHub, 'sync.url': 'https://git.example.com/fleet', 'sync.path': './prod' }],
    ['flotilla-hub', {}],
    ['flotilla-hub', { 'ingress.enabled': true, 'ingress.host': 'hub.example.com' }],
  ])('passes for %s with %j', async (chart, values) => {
    const helm = await helmFor({ kubeconfig: '/nonexistent/kubeconfig' });
    const sets = Object.entries(values).flatMap(([key, value]) => ['--set', `${key}=${String(value)}`]);
    expect(await helm.run(['lint', '--strict', chartFolder(chart), ...sets])).toContain('0 chart(s) failed');
  });
});

describe('values that do not go together', () => {
  it.each<[Chart, Values, string]>([
    [
      'flotilla-agent',
      { 'hub.address': 'hub:8443' },
      'cluster.name is required when hub.address is set: it names this cluster in the fleet',
    ],
    [
      'flotilla-agent',
      { 'hub.joinToken': 'flj_x' },
      "hub.address is required with a join token: it is host:port of the hub's agent port",
    ],
    [
      'flotilla-agent',
      { ...withHub, 'hub.joinToken': 'flj_x', 'hub.existingSecret': 's' },
      'set hub.joinToken or hub.existingSecret, not both',
    ],
    [
      'flotilla-agent',
      { 'sync.url': 'https://git.example.com/fleet' },
      "sync.path is required when sync.url is set: it is this cluster's folder in the repository",
    ],
    [
      'flotilla-agent',
      { 'serviceAccount.create': false },
      'serviceAccount.name is required when serviceAccount.create is false',
    ],
    [
      'flotilla-hub',
      { replicas: 2 },
      'replicas above 1 need database.existingSecret: an embedded PostgreSQL belongs to one replica',
    ],
    ['flotilla-hub', { 'ingress.enabled': true }, 'ingress.host is required when ingress.enabled is true'],
    [
      'flotilla-hub',
      { 'ingress.tlsSecret': 'tls' },
      'ingress.tlsSecret has no effect while ingress.enabled is false',
    ],
  ])('%s refuses %j', async (chart, values, message) => {
    const { code, stderr } = await render(chart, values);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });
});

describe('the schema of the values', () => {
  it.each<[Chart, Values, string, string]>([
    ['flotilla-agent', { hubb: {} }, 'hubb', 'additional properties'],
    ['flotilla-agent', { 'hub.adress': 'x' }, 'adress', 'additional properties'],
    ['flotilla-agent', { 'hub.address': 'hub.example.com' }, '/hub/address', 'does not match pattern'],
    ['flotilla-agent', { 'hub.address': 'https://hub:8443' }, '/hub/address', 'does not match pattern'],
    ['flotilla-agent', { 'hub.joinToken': 'secret' }, '/hub/joinToken', 'does not match pattern'],
    ['flotilla-agent', { 'hub.intents': ['delete'] }, '/hub/intents/0', "'reconcile', 'suspend', 'resume'"],
    ['flotilla-agent', { 'cluster.name': 'Prod_1' }, '/cluster/name', 'does not match pattern'],
    ['flotilla-agent', { 'cluster.labels': { env: 1 } }, '/cluster/labels/env', 'want string'],
    ['flotilla-agent', { 'cluster.labels': { env: 'a,b' } }, '/cluster/labels/env', 'does not match pattern'],
    ['flotilla-agent', { 'sync.url': 'git@host:repo' }, '/sync/url', 'does not match pattern'],
    ['flotilla-agent', { 'sync.ref': { brnch: 'x' } }, '/sync/ref', "'brnch' not allowed"],
    ['flotilla-agent', { 'sync.interval': '1 minute' }, '/sync/interval', 'does not match pattern'],
    ['flotilla-agent', { replicas: '2' }, '/replicas', 'want integer'],
    ['flotilla-agent', { logLevel: 'warn' }, '/logLevel', "'trace', 'debug', 'info', 'error'"],
    ['flotilla-agent', { extraArgs: ['concurrent=2'] }, '/extraArgs/0', 'does not match pattern'],
    ['flotilla-hub', { trustedProxies: ['ingress'] }, '/trustedProxies/0', 'does not match pattern'],
    ['flotilla-agent', { podAnnotations: { a: true } }, '/podAnnotations/a', 'want string'],
    ['flotilla-hub', { replica: 1 }, 'replica', 'additional properties'],
    ['flotilla-hub', { 'image.tag': 1 }, '/image/tag', 'want string'],
    ['flotilla-hub', { publicEndpoint: 'hub.example.com' }, '/publicEndpoint', 'does not match pattern'],
    ['flotilla-hub', { 'service.type': 'Loadbalancer' }, '/service/type', "'ClusterIP', 'NodePort'"],
    ['flotilla-hub', { 'storage.size': 'big' }, '/storage/size', 'does not match pattern'],
    ['flotilla-hub', { database: 'postgres://x' }, '/database', 'want object'],
  ])('%s refuses %j and names the value', async (chart, values, where, why) => {
    const { code, stderr } = await render(chart, values);
    expect(code).not.toBe(0);
    expect(stderr).toContain(where);
    expect(stderr).toContain(why);
  });
});

describe('rendering', () => {
  it.each<[string, Chart, Values, string[]]>([
    [
      'text that YAML would take for something else stays text',
      'flotilla-agent',
      { ...withHub, 'cluster.labels': { 'example.com/tier': 'on', n: '1' }, extraArgs: ['--git-path=a: #b'] },
      ['"--cluster-labels=example.com/tier=on"', '"--cluster-labels=n=1"', '"--git-path=a: #b"'],
    ],
    [
      'a hub that may ask for nothing',
      'flotilla-agent',
      { ...withHub, 'hub.intents': [] },
      ['"--hub-intents="'],
    ],
    [
      'a budget for disruptions with several replicas',
      'flotilla-agent',
      { replicas: 2 },
      ['kind: PodDisruptionBudget'],
    ],
    [
      'a network policy where it is wanted',
      'flotilla-hub',
      { 'networkPolicy.enabled': true },
      ['kind: NetworkPolicy'],
    ],
    [
      'the Secret with what gates and delivery by Git need',
      'flotilla-hub',
      { 'outside.existingSecret': 'outside' },
      ['envFrom:\n            - secretRef:\n                name: outside'],
    ],
    [
      'annotations of Pods in the place of its own',
      'flotilla-agent',
      { podAnnotations: { 'prometheus.io/scrape': 'false', team: 'a' } },
      ['prometheus.io/port: "8080"\n        prometheus.io/scrape: "false"\n        team: a\n    spec:'],
    ],
    [
      'annotations of Pods in the place of its own',
      'flotilla-hub',
      { podAnnotations: { 'prometheus.io/scrape': 'false' } },
      ['prometheus.io/port: "8080"\n        prometheus.io/scrape: "false"\n    spec:'],
    ],
    [
      'a load balancer for agents alone',
      'flotilla-hub',
      { 'agentService.type': 'LoadBalancer', 'agentService.loadBalancerSourceRanges': ['10.0.0.0/8'] },
      ['type: LoadBalancer', '- 10.0.0.0/8'],
    ],
  ])('%s', async (_, chart, values, texts) => {
    const { stdout, stderr } = await render(chart, values);
    expect(stderr).not.toContain('Error');
    for (const text of texts) expect(stdout).toContain(text);
  });
});

describe('docs/install.md', () => {
  /** Paths of all settings in the chart's values.yaml. */
  function paths(values: Values, prefix = ''): string[] {
    return Object.entries(values).flatMap(([key, value]) => {
      const path = `${prefix}${key}`;
      const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
      const isOpen = isGroup && Object.keys(value).length === 0;
      return isGroup && !isOpen && key !== 'resources' ? paths(value as Values, `${path}.`) : [path];
    });
  }

  it.each<Chart>(['flotilla-agent', 'flotilla-hub'])('tells every value of %s', (chart) => {
    const text = readFileSync(join(repositoryRoot(), 'docs', 'install.md'), 'utf8');
    const section = text.split('## Values of ').find((part) => part.startsWith(chart)) ?? '';
    const values = parseYaml(readFileSync(join(chartFolder(chart), 'values.yaml'), 'utf8')) as Values;
    expect(paths(values).filter((path) => !section.includes(`\`${path}\``))).toEqual([]);
  });
});

describe('the API version of the disruption budget', () => {
  it.each([
    ['1.20.2', 'policy/v1beta1'],
    ['1.21.0', 'policy/v1'],
    ['1.36.0', 'policy/v1'],
  ])('on Kubernetes %s is %s, also without a cluster to ask', async (kubernetes, version) => {
    const { stdout } = await render('flotilla-agent', { replicas: 2 }, [`--kube-version=${kubernetes}`]);
    expect(stdout).toMatch(new RegExp(`apiVersion: ${version}\nkind: PodDisruptionBudget`));
  });
});
