// A freeze and a veto on a real cluster: asked of a real hub, kept by a real agent, also while the hub is dead.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fleet, startFleet } from '../servers/fleet.js';
import type { GitRepository } from '../servers/git-repository.js';
import { type GitServer, startGitServer } from '../servers/git-server.js';
import { waitFor } from '../servers/wait-for.js';
import { configMap, gitRepository, kustomization, manifest } from './flux-objects.js';
import type { ObjectView } from './hub-client.js';
import { HubProcess } from './hub-process.js';
import { ManagedCluster, staysTrue } from './managed-cluster.js';

interface GateView {
  readonly gate: { readonly version: number; readonly acknowledgedVersion: number };
}
type SourceView = ObjectView & {
  readonly gate: { readonly state: string; readonly newestRevision: string; readonly message: string } | null;
};

let fleet: Fleet;
let git: GitServer;
let hub: HubProcess;
let cluster: ManagedCluster;
let repository: GitRepository & { readonly url: string };

beforeAll(async () => {
  [fleet, git, hub] = await Promise.all([
    startFleet(1, { controllerManager: false }),
    startGitServer(),
    HubProcess.start(),
  ]);
  repository = await git.createRepository('fleet');
  const first = await commit('one');
  cluster = await ManagedCluster.prepare(fleet.clusters[0]!);
  await cluster.createNamespace('apps');
  await cluster.apply(
    gitRepository('fleet', repository.url),
    kustomization('apps', { path: './apps', sourceRef: { kind: 'GitRepository', name: 'fleet' } }),
  );
  await cluster.startAgent(await hub.membership('prod'));
  await cluster.reaches('apps', first);
  await waitFor('the hub to know the source', () => source().then(() => true));
});
afterAll(async () => {
  await cluster?.stop();
  await Promise.all([hub?.stop(), git?.stop(), fleet?.stop()]);
});

function commit(value: string): Promise<string> {
  return repository.commit({ 'apps/settings.yaml': manifest(configMap('apps', 'settings', { value })) });
}

async function source(): Promise<SourceView> {
  return hub.api.call<SourceView>('GET', '/clusters/prod/objects/GitRepository/flux-system/fleet');
}

/** The agent keeps what the hub asks just now. */
async function isKept(above: number): Promise<number> {
  return waitFor('the agent to keep what is asked', async () => {
    const { gate } = await hub.api.call<GateView>('GET', '/clusters/prod');
    return gate.version > above && gate.acknowledgedVersion === gate.version && gate.version;
  });
}

async function freeze(): Promise<void> {
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const spec = { scope: { cluster: 'prod' }, reason: 'the audit looks at prod', until };
  const body = { apiVersion: 'flotilla.dev/v1alpha1', kind: 'Freeze', metadata: { name: 'audit' }, spec };
  await hub.api.call('PUT', '/apply', body);
}

async function staysOn(revision: string): Promise<void> {
  await cluster.fetch('fleet');
  const stays = await staysTrue(async () => {
    const seen = await cluster.read(kustomization('apps'));
    return seen?.status?.lastAppliedRevision === `main@sha1:${revision}`;
  }, 4_000);
  expect(stays).toBe(true);
}

describe('a stop of the line', () => {
  let before: string;
  let version = 0;

  it('by a freeze keeps the cluster where it is, and the hub shows what keeps it from what', async () => {
    before = await repository.head();
    await freeze();
    version = await isKept(version);
    const next = await commit('two');
    await staysOn(before);
    const seen = await waitFor('the hub to show the freeze', async () => {
      const view = await source();
      return view.gate?.state === 'Frozen' && view;
    });
    expect(seen).toMatchObject({ intent: 'Frozen', revision: `main@sha1:${before}` });
    expect(seen.gate?.newestRevision).toBe(`main@sha1:${next}`);
    expect(seen.gate?.message).toContain('the audit looks at prod');
  });

  it('goes on with the hub dead and the agent started anew', async () => {
    await hub.kill();
    await cluster.killAgent();
    await cluster.startAgent();
    await commit('three');
    await staysOn(before);
  });

  it('ends when the freeze is lifted', async () => {
    await hub.restart();
    await hub.api.call('DELETE', '/freezes/audit');
    version = await isKept(version);
    before = await repository.head();
    await cluster.fetch('fleet');
    await cluster.reaches('apps', before);
  });

  it('by a veto keeps the cluster from one commit, and not from the next', async () => {
    const bad = await commit('bad');
    await hub.api.call('POST', '/vetoes', { url: repository.url, revision: bad, reason: 'the shop breaks' });
    version = await isKept(version);
    await hub.kill();
    await staysOn(before);
    await hub.restart();
    const seen = await waitFor('the hub to show the veto', async () => {
      const view = await source();
      return view.gate?.state === 'Held' && view;
    });
    expect(seen).toMatchObject({ intent: 'Held', revision: `main@sha1:${before}` });
    expect(seen.gate?.message).toContain('the shop breaks');
    const good = await commit('good');
    await cluster.fetch('fleet');
    await cluster.reaches('apps', good);
  });
});
