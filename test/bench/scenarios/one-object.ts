import { BenchCluster, rest } from '../bench-cluster.js';
import { folderOf, gitRepository, kustomization, mixedObjects } from '../manifests.js';
import type { Scenario } from '../scenario.js';
import { difference } from '../sample.js';

/** A commit that changes one object of a large Kustomization. */
export const oneObject: Scenario = {
  name: 'one-object',
  title: 'one changed object among 1,000 of one Kustomization',
  async run({ sizes, profiles, progress }, report) {
    const cluster = await BenchCluster.start({ profiles });
    try {
      const objects = mixedObjects(sizes.objects);
      const repository = await cluster.repository('objects', folderOf('deploy', objects));
      await cluster.createNamespace('large');
      await cluster.create([gitRepository('objects', repository.url)]);
      await cluster.create([
        kustomization({ name: 'large', source: 'objects', path: './deploy', targetNamespace: 'large' }),
      ]);
      await cluster.startAgent();
      progress('first apply');
      await cluster.view.untilReady(1, 300_000);
      await cluster.settle();

      progress('a commit that nothing uses');
      const idle = await costOf(cluster, () =>
        repository.commit({ 'README.md': 'nothing that is deployed\n' }),
      );
      progress('a commit that changes one object');
      const changed = objects.map((object, index) =>
        index === 1 ? { ...object, data: { value: 'two' } } : object,
      );
      const cost = await costOf(cluster, () => repository.commit(folderOf('deploy', changed)));
      // What the source costs is the same for both; on top, the unused commit has one status write and one event.
      const ofSource = idle.requests - 2;
      const ofKustomization = cost.requests - ofSource;
      const events = cost.requestsBy['POST']! - idle.requestsBy['POST']! + 1;
      report([
        { name: 'builds', value: cost.builds, unit: '', target: 1 },
        { name: 'objects applied', value: cost.changedObjects, unit: '', target: 1 },
        { name: 'requests of the Kustomization', value: ofKustomization, unit: '', target: 5 },
        { name: 'of these, events', value: events, unit: '' },
        { name: 'requests of the GitRepository', value: ofSource, unit: '' },
        { name: 'CPU time', value: cost.cpuSeconds, unit: 's' },
        { name: 'from announcement to applied', value: cost.seconds, unit: 's' },
        { name: 'unused commit: builds', value: idle.builds, unit: '', target: 0 },
      ]);
    } finally {
      await cluster.stop();
    }
  },
};

async function costOf(cluster: BenchCluster, commit: () => Promise<string>) {
  const before = await cluster.settle();
  const revision = await commit();
  const startedAt = performance.now();
  await cluster.announce('objects');
  await cluster.view.untilReady(1, 120_000, [revision]);
  const seconds = (performance.now() - startedAt) / 1000;
  await rest();
  return { ...difference(before, await cluster.sample()), seconds };
}
