import { rest } from '../bench-cluster.js';
import type { Measure } from '../result.js';
import type { Scenario, Sizes } from '../scenario.js';
import { difference } from '../sample.js';
import { waitFor } from '../../servers/wait-for.js';
import { type Fleet, makeFleet, objectsOfApplication } from './fleet.js';

/** All that is measured on a large fleet, which takes minutes to set up: first round, no-op round, commits, restart. */
export const largeFleet: Scenario = {
  name: 'fleet',
  title: '1,000 Kustomizations of 4 objects: no-op round, commits, restart, memory',
  async run({ sizes, profiles, progress }, report) {
    const { fleet: size, intervalSeconds } = sizes;
    progress(`making ${size} Kustomizations`);
    const fleet = await makeFleet({ size, sources: 2, intervalSeconds, profiles });
    try {
      progress('first round');
      report(await firstRound(fleet));
      progress('no-op round');
      report(await noOpRound(fleet, sizes));
      progress('a commit that touches one of half of the Kustomizations');
      report(await oneOfMany(fleet));
      progress('a commit that no Kustomization uses');
      report(await unusedCommit(fleet));
      progress('restart');
      report(await restart(fleet));
    } finally {
      await fleet.cluster.stop();
    }
  },
};

async function firstRound({ cluster, size }: Fleet): Promise<Measure[]> {
  const startedAt = performance.now();
  await cluster.startAgent();
  await cluster.view.untilReady(size, 900_000);
  const seconds = (performance.now() - startedAt) / 1000;
  const total = await cluster.settle();
  const { peakMiB } = cluster.memory();
  return [
    { name: 'first round: time', value: seconds, unit: 's' },
    { name: 'first round: CPU', value: total.cpuSeconds, unit: 's' },
    { name: 'first round: builds', value: total.builds, unit: '' },
    { name: 'first round: requests per Kustomization', value: total.requests / size, unit: '' },
    { name: 'first round: peak of memory', value: peakMiB, unit: 'MiB' },
  ];
}

async function noOpRound({ cluster, size }: Fleet, { intervalSeconds }: Sizes): Promise<Measure[]> {
  // The interval brings each Kustomization up once in this time; jitter moves a few by 5 percent.
  const before = await cluster.settle();
  await rest(intervalSeconds * 1_100);
  const cost = difference(before, await cluster.sample());
  const share = cost.reconciles / size;
  const memory = cluster.memory();
  // What remains are watches, which begin anew every few minutes: one for a kind, whatever the number of objects.
  const perObject = cost.requests / (size * objectsOfApplication);
  return [
    { name: 'no-op round: reconciles', value: cost.reconciles, unit: '' },
    { name: 'no-op round: builds', value: cost.builds, unit: '', target: 0 },
    { name: 'no-op round: requests', value: cost.requests, unit: '' },
    { name: 'no-op round: requests per object', value: perObject, unit: '', target: 0.01 },
    { name: 'no-op round: CPU of one round', value: cost.cpuSeconds / share, unit: 's' },
    { name: 'memory', value: memory.rssMiB, unit: 'MiB', target: 250 },
    { name: 'memory, peak since the start', value: memory.peakMiB, unit: 'MiB' },
  ];
}

async function oneOfMany({ cluster, sources }: Fleet): Promise<Measure[]> {
  const source = sources[0]!;
  const application = source.applications[Math.floor(source.applications.length / 2)]!;
  const before = await cluster.settle();
  const revision = await source.change(application, 'two');
  const startedAt = performance.now();
  await cluster.announce(source.name);
  const seconds = () => (performance.now() - startedAt) / 1000;
  const touched = () => cluster.view.all().find(({ name }) => name === application);
  await cluster.view.until('the new value', () => touched()?.revision?.endsWith(revision) ?? false, 300_000);
  const toApplied = seconds();
  await cluster.view.untilReady(source.applications.length, 300_000, [revision]);
  const toAll = seconds();
  const cost = difference(before, await cluster.settle());
  return [
    { name: 'commit for 1 of half: builds', value: cost.builds, unit: '', target: 1 },
    { name: 'commit for 1 of half: objects applied', value: cost.changedObjects, unit: '', target: 1 },
    {
      name: 'commit for 1 of half: requests per Kustomization',
      value: cost.requests / source.applications.length,
      unit: '',
    },
    { name: 'commit for 1 of half: until it is applied', value: toApplied, unit: 's' },
    { name: 'commit for 1 of half: until all have the revision', value: toAll, unit: 's' },
    { name: 'commit for 1 of half: CPU', value: cost.cpuSeconds, unit: 's' },
  ];
}

async function unusedCommit({ cluster, sources }: Fleet): Promise<Measure[]> {
  const source = sources[1]!;
  const before = await cluster.settle();
  const changesBefore = cluster.view.changes();
  const revision = await source.changeNothing('a file that nothing uses\n');
  const startedAt = performance.now();
  await cluster.announce(source.name);
  await cluster.view.untilReady(source.applications.length, 300_000, [revision]);
  const seconds = (performance.now() - startedAt) / 1000;
  const cost = difference(before, await cluster.settle());
  const writes = cluster.view.changes() - changesBefore;
  return [
    { name: 'unused commit: builds', value: cost.builds, unit: '', target: 0 },
    { name: 'unused commit: objects applied', value: cost.changedObjects, unit: '', target: 0 },
    {
      name: 'unused commit: status writes per Kustomization',
      value: writes / source.applications.length,
      unit: '',
      target: 1,
    },
    { name: 'unused commit: requests', value: cost.requests, unit: '' },
    { name: 'unused commit: until all have the revision', value: seconds, unit: 's' },
    { name: 'unused commit: CPU', value: cost.cpuSeconds, unit: 's' },
  ];
}

async function restart({ cluster, size }: Fleet): Promise<Measure[]> {
  await cluster.settle();
  await cluster.stopAgent();
  const changesBefore = cluster.view.changes();
  const startedAt = performance.now();
  await cluster.startAgent();
  const sample = await waitFor(
    'all Kustomizations to be reconciled once',
    async () => {
      const now = await cluster.sample();
      return now.reconciles >= size && now.busy === 0 && now;
    },
    { timeoutMs: 300_000, intervalMs: 200 },
  );
  const seconds = (performance.now() - startedAt) / 1000;
  if (!cluster.view.all().every(({ isReady }) => isReady))
    throw new Error('not all are ready after the restart');
  const after = await cluster.settle();
  return [
    { name: 'restart: until settled', value: seconds, unit: 's', target: 5 },
    { name: 'restart: CPU', value: sample.cpuSeconds, unit: 's' },
    { name: 'restart: builds', value: after.builds, unit: '', target: 0 },
    { name: 'restart: requests', value: after.requests, unit: '' },
    { name: 'restart: status writes', value: cluster.view.changes() - changesBefore, unit: '', target: 0 },
    { name: 'restart: memory', value: cluster.memory().rssMiB, unit: 'MiB', target: 250 },
  ];
}
