import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rigPrograms } from '../../servers/programs.js';
import { temporaryFolder } from '../../servers/temporary-folder.js';
import { toolOutput } from '../../servers/tool.js';
import { BenchCluster, rest } from '../bench-cluster.js';
import { folderOf, gitRepository, kustomization, mixedObjects } from '../manifests.js';
import { median, type Measure } from '../result.js';
import type { Scenario } from '../scenario.js';

interface Cost {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

/** A round: the same objects, new in each namespace, under about the same load of the machine. */
interface Round {
  readonly agent: Cost;
  /** `kubectl apply --server-side` of the finished manifests: nothing has to be built. */
  readonly apply: Cost;
  /** `kubectl apply --server-side -k`: the same work as the agent's. */
  readonly build: Cost;
  /** The agent process has applied nothing before. */
  readonly isFresh: boolean;
}

/** The first apply of many objects, by an agent process and by kubectl, in turns on the same machine. */
export const firstApply: Scenario = {
  name: 'first-apply',
  title: 'first apply of 1,000 objects against kubectl apply --server-side',
  async run({ sizes, profiles, progress }, report) {
    const cluster = await BenchCluster.start({ profiles });
    try {
      const files = folderOf('deploy', mixedObjects(sizes.objects));
      const { url } = await cluster.repository('objects', files);
      await cluster.create([gitRepository('objects', url)]);
      const kubectl = await openKubectl(cluster, files);
      const rounds: Round[] = [];
      for (let process = 1; process <= sizes.processes; process++) {
        await cluster.startAgent();
        for (let round = 1; round <= sizes.rounds; round++) {
          progress(`agent process ${process} of ${sizes.processes}, round ${round} of ${sizes.rounds}`);
          const id = `${process}-${round}`;
          const apply = await kubectl.apply(`apply-${id}`, ['-f', 'deploy/objects.yaml']);
          const agent = await applyByAgent(cluster, `agent-${id}`, rounds.length + 1);
          const build = await kubectl.apply(`build-${id}`, ['-k', 'deploy']);
          rounds.push({ agent, apply, build, isFresh: round === 1 });
        }
        await cluster.stopAgent();
      }
      kubectl.close();
      report([
        ...ratios(
          'fresh agent process',
          rounds.filter(({ isFresh }) => isFresh),
        ),
        ...ratios(
          'running agent',
          rounds.filter(({ isFresh }) => !isFresh),
        ),
        ...absolute(
          'the agent',
          rounds.map(({ agent }) => agent),
        ),
        ...absolute(
          'kubectl apply',
          rounds.map(({ apply }) => apply),
        ),
        ...absolute(
          'kubectl apply -k',
          rounds.map(({ build }) => build),
        ),
      ]);
    } finally {
      await cluster.stop();
    }
  },
};

/** The medians of the ratios of each round. */
function ratios(what: string, rounds: readonly Round[]): Measure[] {
  if (rounds.length === 0) return [];
  const ratio = (of: keyof Cost, to: 'apply' | 'build') =>
    median(rounds.map((round) => round.agent[of] / round[to][of]));
  return [
    {
      name: `${what}: wall time, times kubectl's`,
      value: ratio('wallSeconds', 'apply'),
      unit: 'x',
      target: 1,
    },
    { name: `${what}: CPU, times kubectl's`, value: ratio('cpuSeconds', 'apply'), unit: 'x', target: 1.5 },
    {
      name: `${what}: wall time, times kubectl's with its build`,
      value: ratio('wallSeconds', 'build'),
      unit: 'x',
    },
    { name: `${what}: CPU, times kubectl's with its build`, value: ratio('cpuSeconds', 'build'), unit: 'x' },
  ];
}

function absolute(who: string, costs: readonly Cost[]): Measure[] {
  return [
    { name: `${who}: wall time`, value: median(costs.map(({ wallSeconds }) => wallSeconds)), unit: 's' },
    { name: `${who}: CPU`, value: median(costs.map(({ cpuSeconds }) => cpuSeconds)), unit: 's' },
  ];
}

async function applyByAgent(cluster: BenchCluster, name: string, count: number): Promise<Cost> {
  await cluster.createNamespace(name);
  // With the artifact at hand, as kubectl has its file.
  const before = await cluster.settle();
  const startedAt = performance.now();
  await cluster.create([kustomization({ name, source: 'objects', path: './deploy', targetNamespace: name })]);
  await cluster.view.untilReady(count, 300_000);
  const wallSeconds = (performance.now() - startedAt) / 1000;
  await rest();
  const { cpuSeconds } = await cluster.sample();
  return { wallSeconds, cpuSeconds: cpuSeconds - before.cpuSeconds };
}

interface Kubectl {
  /** Applies files of the repository's folder into a namespace. */
  apply(namespace: string, what: readonly string[]): Promise<Cost>;
  close(): void;
}

async function openKubectl(cluster: BenchCluster, files: Readonly<Record<string, string>>): Promise<Kubectl> {
  const { kubectl } = await rigPrograms();
  const folder = temporaryFolder('bench-kubectl');
  mkdirSync(join(folder.path, 'deploy'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
  const env = { PATH: process.env['PATH'], HOME: folder.path, KUBECONFIG: cluster.plane.kubeconfig };
  // Its discovery cache is warm.
  await toolOutput(kubectl, ['api-resources'], { env });
  return {
    async apply(namespace, what) {
      await cluster.createNamespace(namespace);
      // The shell's `times` is the only way to learn what a child has used: its own total, then that of its children.
      const script = '"$@" >/dev/null && times';
      const args = ['-c', script, 'bash', kubectl, 'apply', '--server-side', '-n', namespace, ...what];
      const startedAt = performance.now();
      const out = await toolOutput('bash', args, { env, cwd: folder.path });
      return { wallSeconds: (performance.now() - startedAt) / 1000, cpuSeconds: childCpu(out) };
    },
    close: () => folder.remove(),
  };
}

function childCpu(times: string): number {
  const seconds = [...(times.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  return seconds.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
}
