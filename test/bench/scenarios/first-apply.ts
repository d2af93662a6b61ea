import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rigPrograms } from '../../servers/programs.js';
import { temporaryFolder } from '../../servers/temporary-folder.js';
import { toolOutput } from '../../servers/tool.js';
import { BenchCluster, rest } from '../bench-cluster.js';
import { folderOf, gitRepository, kustomization, mixedObjects, toYaml } from '../manifests.js';
import { median } from '../result.js';
import type { Scenario } from '../scenario.js';

interface Cost {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

/** The first apply of many objects, by a fresh agent process and by kubectl, in turns on the same machine. */
export const firstApply: Scenario = {
  name: 'first-apply',
  title: 'first apply of 1,000 objects against kubectl apply --server-side',
  async run({ sizes, profiles, progress }, report) {
    const cluster = await BenchCluster.start({ profiles });
    try {
      const objects = mixedObjects(sizes.objects);
      const { url } = await cluster.repository('objects', folderOf('deploy', objects));
      await cluster.create([gitRepository('objects', url)]);
      const kubectl = await openKubectl(cluster, toYaml(objects));
      const pairs: Array<{ agent: Cost; other: Cost }> = [];
      for (let round = 1; round <= sizes.rounds; round++) {
        progress(`round ${round} of ${sizes.rounds}`);
        const other = await kubectl.apply(`kubectl-${round}`);
        pairs.push({ agent: await applyByAgent(cluster, round), other });
      }
      kubectl.close();
      report([
        { name: "wall time, times kubectl's", value: ratio(pairs, 'wallSeconds'), unit: 'x', target: 1 },
        { name: "CPU time, times kubectl's", value: ratio(pairs, 'cpuSeconds'), unit: 'x', target: 1.5 },
        ...(['agent', 'other'] as const).flatMap((who) => [
          {
            name: `wall time of ${names[who]}`,
            value: median(pairs.map((pair) => pair[who].wallSeconds)),
            unit: 's',
          },
          {
            name: `CPU time of ${names[who]}`,
            value: median(pairs.map((pair) => pair[who].cpuSeconds)),
            unit: 's',
          },
        ]),
      ]);
    } finally {
      await cluster.stop();
    }
  },
};

const names = { agent: 'the agent', other: 'kubectl' };

/** The median of the ratios: each pair ran under about the same load of the machine. */
function ratio(pairs: ReadonlyArray<{ agent: Cost; other: Cost }>, of: keyof Cost): number {
  return median(pairs.map(({ agent, other }) => agent[of] / other[of]));
}

async function applyByAgent(cluster: BenchCluster, round: number): Promise<Cost> {
  const name = `agent-${round}`;
  await cluster.createNamespace(name);
  // A process that has never applied anything, with the artifact at hand, as kubectl has its file.
  await cluster.startAgent();
  await cluster.settle();
  const before = await cluster.sample();
  const startedAt = performance.now();
  await cluster.create([kustomization({ name, source: 'objects', path: './deploy', targetNamespace: name })]);
  await cluster.view.untilReady(round, 300_000);
  const wallSeconds = (performance.now() - startedAt) / 1000;
  await rest();
  const { cpuSeconds } = await cluster.sample();
  await cluster.stopAgent();
  return { wallSeconds, cpuSeconds: cpuSeconds - before.cpuSeconds };
}

async function openKubectl(
  cluster: BenchCluster,
  manifests: string,
): Promise<{ apply: (namespace: string) => Promise<Cost>; close: () => void }> {
  const { kubectl } = await rigPrograms();
  const folder = temporaryFolder('bench-kubectl');
  const file = join(folder.path, 'objects.yaml');
  writeFileSync(file, manifests);
  const env = { PATH: process.env['PATH'], HOME: folder.path, KUBECONFIG: cluster.plane.kubeconfig };
  // Its discovery cache is warm.
  await toolOutput(kubectl, ['api-resources'], { env });
  return {
    async apply(namespace) {
      await cluster.createNamespace(namespace);
      // The shell's `times` is the only way to learn what a child has used: total of its own, then of its children.
      const script = '"$0" apply --server-side -n "$1" -f "$2" >/dev/null && times';
      const startedAt = performance.now();
      const out = await toolOutput('bash', ['-c', script, kubectl, namespace, file], { env });
      return { wallSeconds: (performance.now() - startedAt) / 1000, cpuSeconds: childCpu(out) };
    },
    close: () => folder.remove(),
  };
}

function childCpu(times: string): number {
  const seconds = [...(times.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  return seconds.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
}
