// How soon the hub knows what is the case: at first, after a change, and after it was killed.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Measure, percentile } from '../result.js';
import { waitFor } from '../../servers/wait-for.js';
import { kustomizationNames } from '../agents/reported-objects.js';
import type { FleetWorld } from './fleet-world.js';

/** All agents enrol, and the hub has all of their tables. */
export async function measureJoining(world: FleetWorld): Promise<Measure[]> {
  const { names, objects } = world;
  const startedAt = performance.now();
  await world.join();
  await world.untilCount('all clusters to be ready', '/clusters?ready=true&limit=1', names.length);
  const joined = secondsSince(startedAt);
  await world.untilCount('all objects', '/objects?limit=1', names.length * objects);
  await sleep(5_000);
  return [
    { name: 'agents', value: names.length, unit: '' },
    { name: 'objects', value: names.length * objects, unit: '' },
    { name: 'all agents enrolled and all of their objects known', value: joined, unit: 's' },
    { name: 'memory of the hub', value: world.memory().rssMiB, unit: 'MiB', target: 512 },
  ];
}

/** From a change in a cluster until the API answers with it, one after the other, all agents connected. */
export async function measureChanges(world: FleetWorld): Promise<Measure[]> {
  const times: number[] = [];
  for (let index = 0; index < world.sizes.changes; index += 1) {
    const agent = world.names[(index * 7) % world.names.length]!;
    const message = `change ${index}`;
    const path = `/clusters/${agent}/objects/Kustomization/flux-system/${touched(world)}`;
    const at = await world.agents.touch(agent, message);
    await waitFor(
      `change of ${agent}`,
      async () => (await world.hub.api.call<{ message: string }>('GET', path)).message === message,
      { intervalMs: 2 },
    );
    times.push(Date.now() - at);
  }
  return [
    { name: 'status change to the API, p50', value: percentile(times, 0.5), unit: 'ms' },
    { name: 'status change to the API, p99', value: percentile(times, 0.99), unit: 'ms', target: 1_000 },
  ];
}

/** The hub is killed; every agent changes something while it is dead, and it comes back. */
export async function measureReturn(world: FleetWorld): Promise<Measure[]> {
  const { names, agents } = world;
  const before = await agents.connections();
  const killedAt = performance.now();
  await world.hub.kill();
  await agents.touchAll('changed in silence');
  await world.hub.restart();
  const readyAfter = secondsSince(killedAt);
  const changed = `/objects?kind=Kustomization&name=${touched(world)}&q=${encodeURIComponent('changed in silence')}&limit=1`;
  await world.untilCount('all changes', changed, names.length);
  const seconds = secondsSince(killedAt);
  const sessions = (await agents.connections()) - before;
  return [
    { name: 'killed: serves again', value: readyAfter, unit: 's' },
    { name: 'killed: every agent back and its change known', value: seconds, unit: 's', target: 30 },
    { name: 'killed: sessions begun', value: sessions, unit: '' },
  ];
}

function touched({ shape, objects }: FleetWorld): string {
  return kustomizationNames(0, shape.sources.length, objects)[0]!;
}

function secondsSince(at: number): number {
  return (performance.now() - at) / 1000;
}
