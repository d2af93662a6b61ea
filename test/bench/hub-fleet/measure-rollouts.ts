// What rollouts cost beyond the time of the workloads: one at a time, many at once, and with the hub killed meanwhile.
import { revisionOf } from '../agents/reported-objects.js';
import { type Measure, percentile } from '../result.js';
import { cpuSeconds } from '../sample.js';
import { environmentDocument, pipelineDocument } from './fleet-documents.js';
import type { FleetWorld } from './fleet-world.js';
import { type EndedRollout, indexMoves, judge, movesTo } from './judge-moves.js';
import { runRollouts, type WantedRelease } from './run-rollouts.js';

/** Applies the environments, a pipeline for one rollout at a time, and for each source one that goes everywhere. */
export async function applyPipelines(world: FleetWorld): Promise<void> {
  const { environments, sources } = world.shape;
  const documents = [
    ...environments.map(environmentDocument),
    pipelineDocument('one', sources[0]!, environments.slice(0, 1)),
    ...sources.map((source) => pipelineDocument(`all-${source}`, source, environments)),
  ];
  await world.hub.api.call('PUT', '/apply', { documents });
}

/** Rollouts of three waves over one environment, one after the other. */
export async function measureSingles(world: FleetWorld): Promise<Measure[]> {
  const [source] = world.shape.sources;
  const rollouts: EndedRollout[] = [];
  for (let number = 1; number <= world.sizes.singles; number += 1) {
    const wanted = { pipeline: 'one', source: source!, revision: revisionOf(source!, number) };
    rollouts.push(...(await runRollouts(world, [wanted], 1)));
  }
  return measuresOf(world, 'one rollout', rollouts, 15);
}

/** All environments and all sources at once. */
export async function measureAtOnce(world: FleetWorld): Promise<Measure[]> {
  const before = cpuSeconds(world.hub.pid);
  const startedAt = performance.now();
  const rollouts = await runRollouts(world, everything(world, 101), world.shape.environments.length);
  const seconds = (performance.now() - startedAt) / 1000;
  const name = 'all at once';
  return [
    ...(await measuresOf(world, name, rollouts, 30)),
    { name: `${name}: until the last has ended`, value: seconds, unit: 's' },
    { name: `${name}: CPU of the hub`, value: cpuSeconds(world.hub.pid) - before, unit: 's' },
    { name: `${name}: peak of the hub's memory`, value: world.memory().peakMiB, unit: 'MiB' },
  ];
}

/** The same with the hub killed when a third of the clusters have been told. */
export async function measureKilled(world: FleetWorld): Promise<Measure[]> {
  const { environments, sources } = world.shape;
  const disturb = async (): Promise<void> => {
    await world.hub.kill();
    await world.hub.restart();
  };
  const afterMoves = Math.ceil((world.names.length * sources.length) / 3);
  const rollouts = await runRollouts(world, everything(world, 102), environments.length, {
    afterMoves,
    disturb,
  });
  return measuresOf(world, 'all at once, hub killed', rollouts);
}

function everything({ shape }: FleetWorld, number: number): readonly WantedRelease[] {
  return shape.sources.map((source) => ({
    pipeline: `all-${source}`,
    source,
    revision: revisionOf(source, number),
  }));
}

/** @param target seconds that a rollout may take beyond its workloads; none where the hub was killed. */
async function measuresOf(
  world: FleetWorld,
  name: string,
  rollouts: readonly EndedRollout[],
  target?: number,
): Promise<Measure[]> {
  const moves = await world.agents.moves();
  const index = indexMoves(moves);
  const judged = rollouts.map((rollout) => judge(rollout, index));
  const mistakes = judged.flatMap((one) => one.mistakes);
  const told = [...new Set(rollouts.map(({ revision }) => revision))]
    .map((revision) => movesTo(revision, moves))
    .reduce((sum, count) => sum + count, 0);
  const clusters = rollouts.flatMap(({ waves }) => waves.flat()).length;
  for (const mistake of mistakes.slice(0, 5)) process.stderr.write(`${name}: ${mistake}\n`);
  const overheads = judged.map(({ overheadMs }) => overheadMs / 1000);
  const decisions = judged.flatMap(({ decisionsMs }) => decisionsMs);
  const wholeWaves = judged.flatMap(({ wholeWavesMs }) => wholeWavesMs);
  const isUndisturbed = target !== undefined;
  const within = (most: number) => (isUndisturbed ? { target: most } : {});
  return [
    { name: `${name}: rollouts`, value: rollouts.length, unit: '' },
    { name: `${name}: clusters told`, value: told, unit: '' },
    {
      name: `${name}: clusters skipped, told twice, too early or without being asked`,
      value: mistakes.length + Math.abs(told - clusters),
      unit: '',
      target: 0,
    },
    { name: `${name}: beyond the workloads, p50`, value: percentile(overheads, 0.5), unit: 's' },
    {
      name: `${name}: beyond the workloads, p90`,
      value: percentile(overheads, 0.9),
      unit: 's',
      ...within(target ?? 0),
    },
    {
      name: `${name}: last report to first pin of the next wave, p50`,
      value: percentile(decisions, 0.5),
      unit: 'ms',
    },
    {
      name: `${name}: last report to first pin of the next wave, p99`,
      value: percentile(decisions, 0.99),
      unit: 'ms',
      ...within(1_000),
    },
    {
      name: `${name}: last report to last pin of the next wave, p99`,
      value: percentile(wholeWaves, 0.99),
      unit: 'ms',
    },
  ];
}
