// Makes releases, and waits until the rollouts that come of them have ended.
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../servers/wait-for.js';
import type { FleetWorld } from './fleet-world.js';
import type { EndedRollout } from './judge-moves.js';

export interface WantedRelease {
  readonly pipeline: string;
  readonly source: string;
  readonly revision: string;
}

interface PromotionView {
  readonly pipeline: string;
  readonly environment: string;
  readonly release: string;
  readonly state: string;
  readonly reason: string;
  readonly waitingFor: string;
  readonly endedAt: string | null;
  readonly rollout: { readonly id: string } | null;
}

interface RolloutView {
  readonly waves: readonly { readonly name: string }[];
  readonly members: readonly { readonly cluster: string; readonly wave: string | null }[];
}

/** How long all of them may take. */
const timeoutMs = 900_000;

export interface Disturbance {
  /** When so many clusters have been told. */
  readonly afterMoves: number;
  readonly disturb: () => Promise<void>;
}

/** Makes the releases at once and gives their rollouts when all have ended. @throws when one has not succeeded */
export async function runRollouts(
  world: FleetWorld,
  wanted: readonly WantedRelease[],
  environments: number,
  disturbance?: Disturbance,
): Promise<readonly EndedRollout[]> {
  const askedAt = Date.now();
  const before = await world.agents.moveCount();
  const names = await Promise.all(wanted.map((one) => release(world, one)));
  if (disturbance) {
    await untilMoves(world, before + disturbance.afterMoves);
    await disturbance.disturb();
  }
  const ended = await waitFor(
    'all promotions to end',
    async () => {
      // What the hub is measured with must not be what measures it.
      await sleep(750);
      const all = await promotions(world, names);
      return (
        all.length === names.length * environments && all.every(({ endedAt }) => endedAt !== null) && all
      );
    },
    { timeoutMs },
  );
  const failed = ended.find(({ state }) => state !== 'Promoted');
  if (failed)
    throw new Error(`${failed.release} in ${failed.environment} is ${failed.state}: ${failed.reason}`);
  const revisions = new Map(names.map((name, index) => [name, wanted[index]!.revision]));
  const rollouts: EndedRollout[] = [];
  for (const one of ended)
    rollouts.push({
      name: `${one.release} in ${one.environment}`,
      revision: revisions.get(one.release)!,
      askedAt,
      endedAt: Date.parse(one.endedAt!),
      waves: await wavesOf(world, one.rollout!.id),
    });
  return rollouts;
}

async function release(world: FleetWorld, { pipeline, source, revision }: WantedRelease): Promise<string> {
  const items = [{ source: { kind: 'GitRepository', namespace: 'flux-system', name: source }, revision }];
  const { name } = await world.hub.api.call<{ name: string }>('POST', '/releases', { pipeline, items });
  return name;
}

async function untilMoves(world: FleetWorld, count: number): Promise<void> {
  await waitFor('clusters to be told', async () => (await world.agents.moveCount()) >= count, { timeoutMs });
}

async function promotions(world: FleetWorld, releases: readonly string[]): Promise<PromotionView[]> {
  return world.hub.api.list<PromotionView>(`/promotions?release=${releases.join(',')}`);
}

async function wavesOf(world: FleetWorld, id: string): Promise<string[][]> {
  const { waves, members } = await world.hub.api.call<RolloutView>('GET', `/rollouts/${id}`);
  return waves.map(({ name }) => members.filter(({ wave }) => wave === name).map(({ cluster }) => cluster));
}
