import type { Observation } from '../domain/events.js';
import { healthEnvironments } from '../domain/gates/health.js';
import type { Promotion } from '../domain/promotion.js';
import { isWaiting } from '../domain/promotion-state.js';
import type { QueueDecision } from '../domain/queue.js';
import { missingBefore, outrunBy } from '../domain/succession.js';
import type { SimulatedEnvironment } from './schedule.js';
import type { PromotionWorld } from './world.js';
import { currentOf, promotedAt } from './world.js';

/** What the hub knows of a promotion at one time. */
export function observe(
  world: PromotionWorld,
  promotion: Promotion,
  place: SimulatedEnvironment,
  { turn, behind }: QueueDecision,
): Observation {
  const { id, environment, releaseNumber, releaseName } = promotion;
  const predecessors = place.after.map((name) => ({
    environment: name,
    promotedAt: promotedAt(world, name, releaseNumber),
  }));
  const promotedHereAt = promotedAt(world, environment, releaseNumber);
  const freeze = world.freezes.get(environment);
  const current = new Map(
    world.environments.flatMap(({ name }) => {
      const there = currentOf(world, name);
      return there ? [[name, there] as const] : [];
    }),
  );
  const { before, afterwards: after, delivery, onFailure } = place;
  return {
    setup: world.present.has(environment) ? { before, after, delivery, onFailure } : null,
    turn: turn === id,
    behind,
    facts: {
      predecessors,
      promotedHereAt,
      releasedAt: new Date(world.releases[releaseNumber - 1]!.at),
      health: healthOf(world, promotion, place, current),
      freezes: freeze ? [{ name: freeze, reason: 'sale', until: new Date(world.now + 60_000) }] : [],
      breakGlass: freeze !== undefined && world.grants.has(`${id}/${freeze}`),
    },
    vetoed: world.vetoed.has(releaseNumber) ? 'burns' : '',
    outrun: outrunBy(promotion, predecessors, current),
    obstacles: [
      ...missingBefore(releaseName, predecessors, promotedHereAt),
      ...(world.busy.has(environment) ? ['another pipeline moves it'] : []),
    ],
  };
}

function healthOf(
  world: PromotionWorld,
  { state, environment }: Promotion,
  place: SimulatedEnvironment,
  current: ReadonlyMap<string, { readonly name: string; readonly number: number }>,
): Observation['facts']['health'] {
  const stage = isWaiting(state) ? 'before' : 'after';
  const gates = stage === 'before' ? place.before : place.afterwards;
  const names = gates.flatMap((gate) =>
    gate.type === 'health' ? healthEnvironments(gate, stage, environment, place.after) : [],
  );
  return [...new Set(names)].map((name) => ({
    environment: name,
    current: current.get(name) ?? null,
    ready: world.sick.has(name) ? 1 : 2,
    notReady: world.sick.has(name) ? [{ cluster: 'c1', why: 'it is not well' }] : [],
    silent: [],
  }));
}
