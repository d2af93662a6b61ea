import { BenchCluster } from '../bench-cluster.js';
import { folderOf, gitRepository, kustomization, type Manifest, mixedObjects } from '../manifests.js';
import type { Measure } from '../result.js';
import type { Scenario, ScenarioContext } from '../scenario.js';
import { makeFleet } from './fleet.js';

/** Sizes up to which the agent promises to work; docs/limits.md has the numbers. */
export const limits: Scenario = {
  name: 'limits',
  title: 'memory and time at the limits',
  async run(context, report) {
    const { limits: wanted } = context.sizes;
    const files = padding(wanted.files);
    report(
      await oneKustomization(context, `a repository with ${wanted.files} files`, [configMaps(1, 100)], files),
    );
    const large = configMaps(wanted.buildMiB * 2, 500_000);
    report(await oneKustomization(context, `a build of ${wanted.buildMiB} MB`, [large], {}));
    // People keep many objects in many files.
    const many = chunks(mixedObjects(wanted.objects), 50);
    report(await oneKustomization(context, `${wanted.objects} objects in one Kustomization`, many, {}));
    report(await manyKustomizations(context));
    report(await tooLarge(context));
  },
};

/** Text files of 1 KB in many folders. */
function padding(count: number): Record<string, string> {
  const text = 'the quick brown fox jumps over the lazy dog 0123456789 abc\n'.repeat(17);
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`files/${Math.floor(i / 100)}/${i}.txt`, `${i}\n${text}`]),
  );
}

function configMaps(count: number, bytes: number): Manifest[] {
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `large-${index}` },
    data: { value: `line ${index}\n`.repeat(Math.ceil(bytes / 8)).slice(0, bytes) },
  }));
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}

/** A folder without a kustomization file, each list of objects in a file of its own. */
function plainFolder(files: ReadonlyArray<readonly Manifest[]>): Record<string, string> {
  return Object.assign(
    {},
    ...files.map((objects, index) => {
      const text = folderOf('x', objects)['x/objects.yaml'] ?? '';
      return { [`deploy/objects-${String(index).padStart(4, '0')}.yaml`]: text };
    }),
  ) as Record<string, string>;
}

/** Names as long as they may be fill the inventory, which is part of the status, before anything else is full. */
async function tooLarge({ profiles, progress }: ScenarioContext): Promise<Measure[]> {
  const what = 'an inventory that does not fit into the status';
  progress(what);
  const cluster = await BenchCluster.start({ profiles });
  try {
    await cluster.createNamespace('limits');
    const objects = configMaps(4_500, 8).map((object) => ({
      ...object,
      metadata: { name: object.metadata.name.padEnd(250, 'x'), namespace: 'limits' },
    }));
    const repository = await cluster.repository('limits', plainFolder(chunks(objects, 50)));
    await cluster.create([
      gitRepository('limits', repository.url),
      kustomization({ name: 'limits', source: 'limits', path: './deploy' }),
    ]);
    await cluster.startAgent();
    const told = () => cluster.view.all().some(({ message }) => message.includes('split the Kustomization'));
    await cluster.view.until('a condition that says what is too large', told, 900_000);
    const { changedObjects } = await cluster.settle();
    return [{ name: `${what}: objects applied`, value: changedObjects, unit: '', target: 0 }];
  } finally {
    await cluster.stop();
  }
}

async function oneKustomization(
  { profiles, progress }: ScenarioContext,
  what: string,
  files: ReadonlyArray<readonly Manifest[]>,
  others: Record<string, string>,
): Promise<Measure[]> {
  progress(what);
  const cluster = await BenchCluster.start({ profiles });
  try {
    const namespace = 'limits';
    await cluster.createNamespace(namespace);
    const inNamespace = files.map((list) =>
      list.map((object) => ({ ...object, metadata: { ...object.metadata, namespace } })),
    );
    const repository = await cluster.repository('limits', { ...plainFolder(inNamespace), ...others });
    await cluster.create([
      gitRepository('limits', repository.url),
      kustomization({ name: 'limits', source: 'limits', path: './deploy' }),
    ]);
    const startedAt = performance.now();
    await cluster.startAgent();
    await cluster.view.untilReady(1, 900_000);
    const seconds = (performance.now() - startedAt) / 1000;
    return [{ name: `${what}: until applied`, value: seconds, unit: 's' }, ...(await costs(cluster, what))];
  } finally {
    await cluster.stop();
  }
}

async function manyKustomizations({ sizes, profiles, progress }: ScenarioContext): Promise<Measure[]> {
  const size = sizes.limits.kustomizations;
  const what = `${size} Kustomizations`;
  progress(what);
  const { cluster } = await makeFleet({ size, sources: 2, intervalSeconds: 600, profiles });
  try {
    const startedAt = performance.now();
    await cluster.startAgent();
    await cluster.view.untilReady(size, 1_800_000);
    const seconds = (performance.now() - startedAt) / 1000;
    return [{ name: `${what}: until applied`, value: seconds, unit: 's' }, ...(await costs(cluster, what))];
  } finally {
    await cluster.stop();
  }
}

async function costs(cluster: BenchCluster, what: string): Promise<Measure[]> {
  const { cpuSeconds, buildSeconds } = await cluster.settle();
  const { rssMiB, peakMiB } = cluster.memory();
  return [
    { name: `${what}: of this in kustomize`, value: buildSeconds, unit: 's' },
    { name: `${what}: CPU`, value: cpuSeconds, unit: 's' },
    { name: `${what}: memory`, value: rssMiB, unit: 'MiB' },
    { name: `${what}: peak of memory`, value: peakMiB, unit: 'MiB' },
  ];
}
