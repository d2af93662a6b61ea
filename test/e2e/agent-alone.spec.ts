import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../servers/control-plane.js';
import { type FlotillaAgent, flotillaCrds, startFlotillaAgent } from '../servers/flotilla-agent.js';
import { type GitServer, startGitServer } from '../servers/git-server.js';
import { type Kubectl, kubectlFor } from '../servers/kubectl.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { waitFor } from '../servers/wait-for.js';

interface Conditioned {
  metadata: { generation: number };
  status: {
    observedGeneration: number;
    conditions: Array<{ type: string; status: string; reason: string; message: string }>;
    artifact?: { revision: string };
    lastAppliedRevision?: string;
    lastHandledReconcileAt?: string;
    inventory?: { entries: Array<{ id: string; v: string }> };
  };
}

const folder = temporaryFolder('agent-alone');
let cluster: ControlPlane;
let git: GitServer;
let kubectl: Kubectl;
let agent: FlotillaAgent;
let repository: Awaited<ReturnType<GitServer['createRepository']>>;

beforeAll(async () => {
  [cluster, git] = await Promise.all([startControlPlane({ workloads: true }), startGitServer()]);
  kubectl = await kubectlFor(cluster);
  await kubectl.run(['apply', '-f', '-'], await flotillaCrds());
  await kubectl.run(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  await kubectl.run(['create', 'namespace', 'flux-system']);
  repository = await git.createRepository('app');
  await repository.commit({ 'deploy/config.yaml': configMap('one') });
  agent = await startFlotillaAgent({
    kubeconfig: cluster.kubeconfig,
    storagePath: join(folder.path, 'storage'),
    log: join(folder.path, 'agent.log'),
  });
  await kubectl.run(['apply', '-f', '-'], manifests(repository.url));
});

afterAll(async () => {
  await agent?.stop();
  await git?.stop();
  await cluster?.stop();
  folder.remove();
});

function configMap(value: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: default\ndata:\n  value: ${value}\n`;
}

/** As people write them for Flux. */
function manifests(url: string): string {
  return `
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: app, namespace: flux-system}
spec:
  interval: 1m
  url: ${url}
  ref: {branch: main}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: app, namespace: flux-system}
spec:
  interval: 10m
  path: ./deploy
  prune: true
  sourceRef: {kind: GitRepository, name: app}
`;
}

async function ready(kind: string, revision: string): Promise<Conditioned> {
  return waitFor(`${kind} app to be ready at ${revision}`, async () => {
    const object = await kubectl.get<Conditioned>(kind, 'app', '-n', 'flux-system');
    const at = object.status.lastAppliedRevision ?? object.status.artifact?.revision;
    const condition = object.status.conditions?.find(({ type }) => type === 'Ready');
    return at === revision && condition?.status === 'True' && object;
  });
}

async function value(): Promise<string | undefined> {
  const found = await kubectl.try([
    'get',
    'configmap',
    'settings',
    '-n',
    'default',
    '-o',
    'jsonpath={.data.value}',
  ]);
  return found.code === 0 ? found.stdout : undefined;
}

const byHand = '{"data":{"value":"by hand"}}';

function requestReconcile(value: string): Promise<string> {
  const annotation = `reconcile.fluxcd.io/requestedAt=${value}`;
  return kubectl.run(['annotate', 'gitrepository', 'app', '-n', 'flux-system', '--overwrite', annotation]);
}

describe('the agent alone, outside of its cluster', () => {
  it('reconciles a GitRepository and a Kustomization that were written for Flux', async () => {
    const revision = `main@sha1:${await repository.head()}`;
    const source = await ready('gitrepository', revision);
    expect(source.status.conditions.find(({ type }) => type === 'Ready')).toMatchObject({
      reason: 'Succeeded',
      message: `stored artifact for revision '${revision}'`,
    });
    const applied = await ready('kustomization', revision);
    expect(applied.status).toMatchObject({
      observedGeneration: applied.metadata.generation,
      inventory: { entries: [{ id: 'default_settings__ConfigMap', v: 'v1' }] },
    });
    expect(applied.status.conditions.find(({ type }) => type === 'Ready')).toMatchObject({
      reason: 'ReconciliationSucceeded',
      message: `Applied revision: ${revision}`,
    });
    expect(await value()).toBe('one');
  });

  it('reconciles at once when it is asked by annotation, and says so', async () => {
    const commit = await repository.commit({ 'deploy/config.yaml': configMap('two') });
    await requestReconcile('now-1');
    const source = await ready('gitrepository', `main@sha1:${commit}`);
    expect(source.status.lastHandledReconcileAt).toBe('now-1');
    await ready('kustomization', `main@sha1:${commit}`);
    expect(await value()).toBe('two');
  });

  it('corrects a manual change when it happens, not at the next interval', async () => {
    await kubectl.run(['patch', 'configmap', 'settings', '-n', 'default', '--type=merge', '-p', byHand]);
    await waitFor('the correction', async () => (await value()) === 'two', { timeoutMs: 10_000 });
  });

  it('restores a deleted object', async () => {
    await kubectl.run(['delete', 'configmap', 'settings', '-n', 'default']);
    await waitFor('the object', async () => (await value()) === 'two', { timeoutMs: 10_000 });
  });

  it('deletes what is no longer in Git', async () => {
    const commit = await repository.commit({
      'deploy/config.yaml': null,
      'deploy/other.yaml': configMap('three').replace('name: settings', 'name: other'),
    });
    await requestReconcile('now-2');
    await ready('kustomization', `main@sha1:${commit}`);
    expect(await value()).toBeUndefined();
  });

  it('removes everything with the Kustomization', async () => {
    await kubectl.run(['delete', 'kustomization', 'app', '-n', 'flux-system', '--timeout=30s']);
    expect((await kubectl.try(['get', 'configmap', 'other', '-n', 'default'])).code).not.toBe(0);
  });
});
