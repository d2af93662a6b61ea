// Secrets are planted everywhere where a fleet has them, everything goes wrong that can, and then all that the agent and
// the hub have written or answer is searched for them: logs at their most talkative, events, statuses, the API, metrics.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../servers/control-plane.js';
import { type GitServer, startGitServer } from '../servers/git-server.js';
import { waitFor } from '../servers/wait-for.js';
import { conditionOf, configMap, gitRepository, kustomization, manifest, secret } from './flux-objects.js';
import { hubClient } from './hub-client.js';
import { HubProcess } from './hub-process.js';
import { ManagedCluster } from './managed-cluster.js';
import { type EventReader, readStream } from './read-stream.js';

const name = 'vault';
const planted = {
  gitPassword: 'planted-git-Passw0rd!',
  wrongPassword: 'planted-wrong-Passw0rd!',
  urlPassword: 'planted-url-Passw0rd!',
  appliedData: 'planted-applied-secret-data',
  driftedData: 'planted-drifted-secret-data',
  invalidData: 'planted-invalid-secret-data',
  substituted: 'planted-substituted-value',
} as const;

let plane: ControlPlane;
let git: GitServer;
let hub: HubProcess;
let cluster: ManagedCluster;
let stream: EventReader;
/** What is made on the way: tokens and keys. */
const made = new Map<string, string>();

beforeAll(async () => {
  [plane, git, hub] = await Promise.all([
    startControlPlane({ name, controllerManager: false }),
    startGitServer({ auth: { username: 'robot', password: planted.gitPassword } }),
    HubProcess.start({ args: ['--log-level=trace'] }),
  ]);
  cluster = await ManagedCluster.prepare(plane);
  await cluster.createNamespace('apps');
  const { args, env } = await hub.membership(name);
  made.set('the join token', env['FLOTILLA_AGENT_JOIN_TOKEN']!);
  made.set('the admin token', hub.api.token);
  const operator = await hub.api.call<{ token: string }>('POST', '/api-tokens', {
    name: 'ci',
    role: 'operator',
  });
  made.set('an API token', operator.token);
  made.set('the password of the embedded PostgreSQL', databasePassword());
  made.set('the token of the kubeconfig', plane.adminToken);
  stream = await readStream(
    `${hub.url}/api/v1/stream?topics=clusters,objects,events,intents`,
    operator.token,
  );
  await cluster.startAgent({ args: [...args, '--log-level=trace'], env });
});

afterAll(async () => {
  stream?.close();
  await cluster?.stop();
  await Promise.all([hub?.stop(), git?.stop(), plane?.stop()]);
});

function databasePassword(): string {
  const file = readdirSync(hub.dataDir, { recursive: true, encoding: 'utf8' }).find((path) =>
    path.endsWith('postgres-password'),
  );
  return readFileSync(join(hub.dataDir, file!), 'utf8').trim();
}

/** Ready with a Secret, drifted, invalid, and with every wrong password. */
async function liveThroughEverything(): Promise<void> {
  const { host } = new URL(git.url);
  const repository = await git.createRepository('app');
  const variable = '${value}';
  await repository.commit({
    'good/secret.yaml': manifest(secret('apps', 'good', { password: planted.appliedData })),
    // A number where a text has to be: the API server's error quotes what it could not read.
    'bad/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: bad, namespace: apps}\ndata: {password: "${planted.invalidData}!"}\n`,
    'worse/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: worse, namespace: apps}\nstringData: {password: ["${planted.invalidData}"]}\n`,
    'broken/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: broken, namespace: apps}\nstringData:\n  password: "${planted.invalidData}\n  x: [\n`,
    'substituted/config.yaml': manifest(configMap('apps', 'substituted', { text: `${variable}` })),
    'invalid/config.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: invalid, namespace: apps}\ndata: {password: "${variable}"}\n`,
    'unreadable/config.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: unreadable, namespace: apps}\nstringData: {password: ${variable}, rest: '${variable}: [}'}\n`,
  });
  const source = { sourceRef: { kind: 'GitRepository', name: 'app' }, retryInterval: '2s' };
  const values = { postBuild: { substituteFrom: [{ kind: 'Secret', name: 'values' }] } };
  await cluster.apply(
    secret('flux-system', 'git', { username: 'robot', password: planted.gitPassword }),
    secret('flux-system', 'wrong', { username: 'robot', password: planted.wrongPassword }),
    secret('flux-system', 'values', { value: planted.substituted }),
    gitRepository('app', repository.url, { secretRef: { name: 'git' } }),
    gitRepository('wrong', repository.url, { secretRef: { name: 'wrong' } }),
    gitRepository('in-url', `http://robot:${encodeURIComponent(planted.urlPassword)}@${host}/app.git`),
    gitRepository('nowhere', `http://robot:${encodeURIComponent(planted.urlPassword)}@127.0.0.1:9/app.git`),
    kustomization('good', { path: './good', ...source }),
    kustomization('substituted', { path: './substituted', ...source, ...values }),
    ...['bad', 'worse', 'broken'].map((path) => kustomization(path, { path: `./${path}`, ...source })),
    ...['invalid', 'unreadable'].map((path) =>
      kustomization(path, { path: `./${path}`, ...source, ...values }),
    ),
  );
  const commit = await repository.head();
  await cluster.reaches('good', commit);
  await cluster.reaches('substituted', commit);
  for (const path of ['bad', 'worse', 'broken', 'invalid', 'unreadable']) {
    await cluster.until(kustomization(path), (seen) => conditionOf(seen, 'Ready')?.status === 'False');
  }
  for (const path of ['wrong', 'in-url', 'nowhere']) {
    await cluster.until(gitRepository(path, ''), (seen) => conditionOf(seen, 'Ready')?.status === 'False');
  }
  await cluster.patch(secret('apps', 'good', {}), { stringData: { password: planted.driftedData } });
  await waitFor('the correction', async () => {
    const password = (await cluster.read(secret('apps', 'good', {})))?.data?.['password'];
    return password === Buffer.from(planted.appliedData).toString('base64');
  });
  await hub.api.call('POST', '/intents', {
    action: 'reconcile',
    clusters: [name],
    object: { kind: 'Kustomization', namespace: 'flux-system', name: 'good' },
    withSource: true,
  });
  await hubClient({ url: hub.url, token: 'flt_planted_wrong-token-of-somebody' }).send('GET', '/clusters');
  // A restart reads everything again, and the hub hears it from the first row on.
  await cluster.agent.stop();
  await cluster.startAgent();
  await waitFor('the hub to be told', async () => (await hub.api.objects(name)).length === 11);
}

/** Everything that a person could read, by where it is read. */
async function everythingThatIsSaid(): Promise<Map<string, string>> {
  const said = new Map<string, string>();
  said.set('the log of the agent', readFileSync(cluster.log, 'utf8'));
  said.set('the log of the hub', readFileSync(hub.log, 'utf8'));
  said.set('the live updates', stream.text());
  said.set('the metrics of the hub', await (await fetch(`${hub.url}/metrics`)).text());
  said.set('the metrics of the agent', await (await fetch(cluster.agent.metricsUrl)).text());
  const kube = async (path: string): Promise<string> => JSON.stringify(await plane.kube.call({ path }));
  said.set('the events of the cluster', await kube('/api/v1/events?limit=5000'));
  const statuses = (await cluster.fluxObjects()).map(({ status }) => status);
  said.set('the statuses of the objects', JSON.stringify(statuses));
  const objects = await hub.api.objects(name);
  const paths = [
    '/clusters',
    `/clusters/${name}`,
    '/objects?limit=500',
    '/events?limit=500',
    '/intents',
    '/join-tokens',
    '/api-tokens',
    '/audit?limit=500',
    '/whoami',
    '/openapi.json',
    ...objects.map(
      ({ kind, namespace, name: object }) => `/clusters/${name}/objects/${kind}/${namespace}/${object}`,
    ),
  ];
  for (const path of paths) {
    const { status, text } = await hub.api.send('GET', path);
    expect([path, status]).toEqual([path, 200]);
    said.set(`GET ${path}`, text);
  }
  return said;
}

/** As it is, and in the forms in which it travels. */
function formsOf(secretText: string): string[] {
  const base64 = Buffer.from(secretText).toString('base64');
  return [...new Set([secretText, encodeURIComponent(secretText), base64, base64.replace(/=+$/, '')])];
}

describe('what the agent and the hub say', () => {
  let said: Map<string, string>;

  beforeAll(async () => {
    await liveThroughEverything();
    const identity = await plane.kube.call<{ data: Record<string, string> }>({
      path: '/api/v1/namespaces/flux-system/secrets/flotilla-agent-identity',
    });
    const key = Buffer.from(identity.data['tls.key']!, 'base64').toString('utf8');
    made.set('the private key of the agent', key.split('\n')[1]!);
    said = await everythingThatIsSaid();
  });

  it('is much: the search would find something', () => {
    for (const [where, text] of said) expect([where, text.length > 10]).toEqual([where, true]);
    expect(said.get('the log of the agent')).toContain('stored artifact');
    expect(said.get('the log of the hub')).toContain('/api/v1/clusters');
    expect(said.get('the events of the cluster')).toContain('ReconciliationFailed');
    expect(said.get('the live updates')).toContain('event: object');
    expect(said.get('GET /events?limit=500')).toContain('BuildFailed');
    expect(JSON.stringify([...said])).toContain('127.0.0.1:9/app.git');
  });

  it.each(Object.keys(planted) as Array<keyof typeof planted>)('never holds %s', (what) => {
    expect(leaksOf(planted[what])).toEqual([]);
  });

  it.each([
    'the join token',
    'the admin token',
    'an API token',
    'the password of the embedded PostgreSQL',
    'the token of the kubeconfig',
    'the private key of the agent',
  ])('never holds %s', (what) => {
    const text = made.get(what)!;
    expect(text.length).toBeGreaterThan(12);
    expect(leaksOf(text)).toEqual([]);
    // The secret part alone is as good as the whole: flj_<id>_<secret>_<pin>, flt_<id>_<secret>.
    // The secret of an API token may hold underscores itself.
    const part = (/^flt_[^_]+_(.+)$/.exec(text) ?? /^flj_[^_]+_([^_]+)_/.exec(text))?.[1];
    if (part !== undefined) expect(leaksOf(part)).toEqual([]);
  });

  function leaksOf(text: string): string[] {
    const forms = formsOf(text);
    return [...said].flatMap(([where, all]) => {
      const form = forms.find((one) => all.includes(one));
      if (form === undefined) return [];
      const at = all.indexOf(form);
      return [`${where}: ${all.slice(Math.max(0, at - 160), at + form.length + 40)}`];
    });
  }
});
