// Two replicas that split the sources: each shard has a stream of its own, and all of them honour one record.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startFlotillaAgent, type FlotillaAgent } from '../servers/flotilla-agent.js';
import { temporaryFolder, type TemporaryFolder } from '../servers/temporary-folder.js';
import { waitFor } from '../servers/wait-for.js';
import { artifactOf, GatedCluster } from './gated-cluster.js';
import { freezeOf, pinOf } from './scripted-hub.js';

const names = ['one', 'two', 'three', 'four', 'five', 'six'] as const;
let fleet: GatedCluster;
let second: FlotillaAgent;
let folder: TemporaryFolder;

beforeAll(async () => {
  fleet = await GatedCluster.start(['--shards=2']);
  folder = temporaryFolder('gate-replica');
  second = await startFlotillaAgent({
    kubeconfig: fleet.plane.kubeconfig,
    storagePath: `${folder.path}/storage`,
    log: `${folder.path}/agent.log`,
    args: [
      `--hub-address=${fleet.hub.address}`,
      '--cluster-name=gated',
      '--interval-jitter-percentage=0',
      '--shards=2',
    ],
    env: { POD_NAME: 'second' },
  });
});
afterAll(async () => {
  await second?.stop('SIGTERM', 10_000);
  await fleet?.stop();
  folder?.remove();
});

it('every shard takes its pins, and whoever takes a shard over with the hub away keeps to them', async () => {
  const { hub } = fleet;
  const sources = new Map<string, Awaited<ReturnType<GatedCluster['source']>>>();
  for (const name of names) sources.set(name, await fleet.source(name));
  // Two streams, whoever holds them.
  await waitFor('both shards', () => new Set(hub.hellos.map(({ shard }) => shard)).size === 2);
  const seconds = new Map<string, string>();
  for (const [name, { repository }] of sources)
    seconds.set(name, await repository.commit({ 'a.txt': 'two' }));
  for (const [, { repository }] of sources) await repository.commit({ 'a.txt': 'three' });
  const pins = names.map((name) => pinOf(name, `main@sha1:${seconds.get(name)!}`));
  hub.acks.length = 0;
  await hub.asked({ pins, freezes: [freezeOf({ startsAt: new Date(Date.now() + 15_000) })] });
  for (const name of names) await fleet.at(name, seconds.get(name)!);
  await waitFor('the answer of each stream', () => hub.acks.length === 2);

  hub.vanish();
  await second.stop('SIGKILL');
  // The other one has all sources now, builds those that it never had, and goes no further than their pins.
  for (const name of names) {
    const seen = await fleet.reconciled(name);
    expect(artifactOf(seen)).toBe(`main@sha1:${seconds.get(name)!}`);
    expect(seen.status?.gate?.state).toBe('Pinned');
  }
});
