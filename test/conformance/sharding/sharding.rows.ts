import { configMap } from '../rig/manifests.js';
import type { Fields, Given, ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

const shardKey = 'sharding.fluxcd.io/key';
const inShard = (name: string): Fields => ({ labels: { [shardKey]: name } });
const a = 'v1/ConfigMap/a';
const files = { 'a.yaml': configMap('a') };

/** The source of the row in a shard, Kustomizations of its own beside it. */
const sourceIn = (shard: string, others: Readonly<Record<string, readonly [Fields, Fields]>> = {}) => ({
  source: null,
  before: async (world: World): Promise<void> => {
    await world.applySource({}, inShard(shard));
    await world.settled(world.source);
    for (const [name, [spec, metadata]] of Object.entries(others)) {
      await world.applyKustomization(name, spec, metadata);
    }
  },
});

const shard1: Pick<Given, 'labels'> = { labels: { [shardKey]: 'shard1' } };

/** One agent with the selector `!sharding.fluxcd.io/key`, one with `sharding.fluxcd.io/key=shard1` (flux-compat 8.3). */
export const shardingRows: readonly ScenarioRow[] = [
  {
    section: '8.3',
    behaviour: 'an object without the label belongs to the main instance',
    given: { files },
    expect: { ready: 'True', objects: { [a]: {} } },
  },
  {
    section: '8.3',
    behaviour: 'an object with the label belongs to the instance of that shard',
    given: { files, ...sourceIn('shard1'), ...shard1 },
    expect: { ready: 'True', objects: { [a]: {} } },
  },
  {
    section: '8.3',
    behaviour: 'an object of a shard that nobody serves is left alone: no finalizer, no status',
    given: { files, ...sourceIn('shard1'), labels: { [shardKey]: 'shard2' } },
    steps: [
      {
        does: (world) => world.pause(3_000),
        settles: false,
        expect: {
          objects: { [a]: null },
          check: (_world, { metadata, status }) => {
            const { observedGeneration, conditions } = status as Fields;
            if (metadata.finalizers || conditions || observedGeneration !== -1)
              throw new Error(JSON.stringify({ metadata, status }));
          },
        },
      },
    ],
  },
  {
    section: '8.3',
    behaviour: 'each instance serves the artifacts of its own sources at its own address',
    given: { files, subject: 'GitRepository', labels: { [shardKey]: 'shard1' } },
    expect: {
      ready: 'True',
      check: async (world, object) => {
        const main = { ...world.source, name: 'main' };
        if (!(await world.read(main))) {
          const spec = { interval: '1h', url: '<url>', ref: { branch: 'main' } };
          await world.apply({ ...main, metadata: {}, spec });
        }
        const [here, there] = [object, await world.settled(main)].map(({ status }) => {
          const { artifact } = status as { artifact: { url: string } };
          return new URL(artifact.url).host;
        });
        if (here === there) throw new Error(`both are served at ${here}`);
      },
    },
  },
  {
    section: '8.3',
    behaviour: 'a Kustomization of the main instance uses a source of a shard, and follows its commits',
    given: { files, ...sourceIn('shard1') },
    expect: { ready: 'True', objects: { [a]: {} } },
    steps: [
      {
        commit: { 'a.yaml': configMap('a', { value: 'two' }) },
        expect: { ready: 'True', objects: { [a]: { data: { value: 'two' } } } },
      },
    ],
  },
  {
    section: '8.3',
    behaviour: 'a Kustomization of a shard uses a source of the main instance, and follows its commits',
    given: { files, ...shard1 },
    expect: { ready: 'True', objects: { [a]: {} } },
    steps: [
      {
        commit: { 'a.yaml': configMap('a', { value: 'two' }) },
        expect: { ready: 'True', objects: { [a]: { data: { value: 'two' } } } },
      },
    ],
  },
  {
    section: '8.3',
    behaviour: 'dependsOn works across shards: one of the main instance waits for one of a shard',
    given: {
      files: { 'base/b.yaml': configMap('b'), 'top/a.yaml': configMap('a') },
      ...sourceIn('shard1', { base: [{ path: './base' }, inShard('shard1')] }),
      spec: { path: './top', dependsOn: [{ name: 'base' }] },
    },
    steps: [
      {
        does: (world) => world.settled({ ...world.subject, name: 'base' }),
        settles: false,
        expect: { ready: 'True', objects: { [a]: {}, 'v1/ConfigMap/b': {} } },
      },
    ],
  },
  {
    section: '8.3',
    behaviour: 'dependsOn works across shards: a dependency that nobody serves is not ready',
    given: {
      files: { 'base/b.yaml': configMap('b'), 'top/a.yaml': configMap('a') },
      ...sourceIn('shard1', { base: [{ path: './base' }, inShard('shard2')] }),
      spec: { path: './top', dependsOn: [{ name: 'base' }] },
      ...shard1,
    },
    expect: {
      ready: {
        status: 'False',
        reason: 'DependencyNotReady',
        message: "dependency '<ns>/base' is not ready",
      },
      objects: { [a]: null },
    },
  },
];
