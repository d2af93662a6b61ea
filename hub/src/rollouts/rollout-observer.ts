import { Inject, Injectable, Optional } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BreakGlass } from '../freezes/break-glass.js';
import type { Member } from '../pipelines/pipelines.js';
import { Pipelines } from '../pipelines/pipelines.js';
import { holdsCluster, holdsSource } from '../standing/domain/freeze-scope.js';
import type { ActiveFreeze } from '../standing/standing.js';
import { StandingIntents } from '../standing/standing.js';
import type { SourceFacts } from './domain/observe-cluster.js';
import { observeCluster, unasked } from './domain/observe-cluster.js';
import { failureDomainOf } from './domain/plan.js';
import type { ClusterProgress, Observation, Rollout } from './domain/rollout.js';
import type { KnownCluster, Newcomer, WantedSource } from './observation.store.js';
import { newcomerKey, ObservationStore, sourceText } from './observation.store.js';
import type { StoredRollout } from './rollout-row.js';

type Members = ReadonlyMap<string, readonly Member[]>;

interface Freezes {
  readonly active: readonly ActiveFreeze[];
  readonly members: ReadonlyMap<string, ReadonlySet<string>>;
  /** By promotion: the freezes that two people let it pass, as of now. One that came later is not among them. */
  readonly passed: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Looks at the clusters of several rollouts at once: a few queries, however many there are. */
@Injectable()
export class RolloutObserver {
  constructor(
    private readonly store: ObservationStore,
    private readonly pipelines: Pipelines,
    private readonly standing: StandingIntents,
    @Optional() @Inject(BreakGlass) private readonly breakGlass: BreakGlass | null,
  ) {}

  /**
   * What is known of the clusters of each rollout and of the members of its environment, in their order. What is
   * reported by clusters that are left out is not asked.
   */
  async observe(
    manager: EntityManager,
    rollouts: readonly StoredRollout[],
    now: Date,
    isLeftOut: (rollout: Rollout, cluster: ClusterProgress) => boolean = () => false,
  ): Promise<readonly (readonly Observation[])[]> {
    const active = await this.standing.freezesOf(manager, {}, now);
    const passed = active.length === 0 ? new Map() : await this.passed(manager, rollouts);
    const environments = rollouts.map(({ subject }) => subject.environment);
    const members = await this.pipelines.membersOf(manager, [
      ...environments,
      ...active.flatMap(({ scope }) => scope.environment ?? []),
    ]);
    const ids = rollouts.map((stored) => idsOf(stored, members));
    const clusters = await this.store.clusters(manager, [...new Set(ids.flat())], now);
    const newcomers = rollouts.flatMap((stored, index) => newcomersOf(stored, ids[index]!, members));
    const elsewhere = await this.store.movedElsewhere(manager, newcomers);
    const wanted = rollouts.map((stored, index) => wantedOf(stored, ids[index]!, isLeftOut));
    const facts = await this.store.facts(
      manager,
      wanted.flatMap((list) => list.flatMap((source) => source ?? [])),
    );
    const sets = new Map(
      [...members].map(([name, list]) => [name, new Set(list.map((one) => one.clusterId))]),
    );
    let at = 0;
    return rollouts.map((stored, index) => {
      const own = wanted[index]!.map((source) => (source === null ? null : facts[at++]!));
      const freezes = { active, passed, members: sets };
      return observationsOf(stored, ids[index]!, own, clusters, freezes, elsewhere);
    });
  }

  private async passed(
    manager: EntityManager,
    rollouts: readonly StoredRollout[],
  ): Promise<Freezes['passed']> {
    const promotions = [...new Set(rollouts.map(({ subject }) => subject.promotionId))];
    return (await this.breakGlass?.grantsOf(manager, promotions)) ?? new Map();
  }
}

/** The clusters of the rollout, then the members that it does not have yet. */
function idsOf({ subject, rollout }: StoredRollout, members: Members): readonly string[] {
  const known = rollout.clusters.map(({ id }) => id);
  const set = new Set(known);
  const joined = (members.get(subject.environment) ?? []).filter(({ clusterId }) => !set.has(clusterId));
  return [...known, ...joined.map(({ clusterId }) => clusterId)];
}

/**
 * Clusters that have come from, or gone to, another environment, and that this rollout has not begun: that one's rollout
 * may move them just now.
 */
function newcomersOf(
  { subject, rollout }: StoredRollout,
  ids: readonly string[],
  members: Members,
): readonly Newcomer[] {
  const here = new Set((members.get(subject.environment) ?? []).map(({ clusterId }) => clusterId));
  return ids.flatMap((clusterId, index) => {
    const progress = rollout.clusters[index];
    const waits = progress === undefined || (progress.touched === 0 && progress.state !== 'Dropped');
    const isSettled = progress !== undefined && progress.wave !== null && here.has(clusterId);
    return waits && !isSettled ? [{ rolloutId: subject.id, clusterId }] : [];
  });
}

/** One of each source of each cluster; null where it is not asked. */
function wantedOf(
  { subject, rollout }: StoredRollout,
  ids: readonly string[],
  isLeftOut: (rollout: Rollout, cluster: ClusterProgress) => boolean,
): readonly (WantedSource | null)[] {
  return ids.flatMap((clusterId, index) => {
    const progress = rollout.clusters[index];
    if (progress && isLeftOut(rollout, progress)) return subject.items.map(() => null);
    return subject.items.map((item, number) => ({
      rolloutId: subject.id,
      clusterId,
      item,
      revision: wantedRevision(progress, number, item.revision),
      untouched: (progress?.touched ?? 0) === 0,
    }));
  });
}

function wantedRevision(progress: ClusterProgress | undefined, item: number, target: string): string | null {
  return progress?.goal === 'previous' ? (progress.previous[item] ?? null) : target;
}

function observationsOf(
  { subject, rollout }: StoredRollout,
  ids: readonly string[],
  facts: readonly (SourceFacts | null)[],
  clusters: ReadonlyMap<string, KnownCluster>,
  freezes: Freezes,
  elsewhere: ReadonlyMap<string, string>,
): readonly Observation[] {
  const { items, environment, failureDomain } = subject;
  const members = freezes.members.get(environment);
  return ids.flatMap((id, index) => {
    const cluster = clusters.get(id);
    if (!cluster) return [];
    const progress = rollout.clusters[index];
    const { labels, ...known } = cluster;
    const own = facts
      .slice(index * items.length, (index + 1) * items.length)
      .map((known, item) => known ?? { ...unasked, source: sourceText(items[item]!.source) });
    const frozen = freezeOf(subject, cluster, freezes);
    const wanted = items.map(({ revision }, item) => wantedRevision(progress, item, revision));
    const domain = failureDomain === null ? null : failureDomainOf({ failureDomain }, labels);
    const base = { ...known, domain, member: members?.has(id) ?? false, frozen };
    const observed = observeCluster(base, own, wanted, progress, rollout.plan.delivery === 'follow');
    const busy = elsewhere.get(newcomerKey({ rolloutId: subject.id, clusterId: id }));
    // Where it is now says nothing: it has been told to go on.
    return [busy === undefined ? observed : { ...observed, phase: 'elsewhere', frozen: { message: busy } }];
  });
}

/** The freeze that holds one of the sources of the rollout on this cluster for longest. */
function freezeOf(
  { items, promotionId }: StoredRollout['subject'],
  cluster: KnownCluster,
  { active, members, passed }: Freezes,
): { readonly message: string } | null {
  const sources = items.map(({ source }) => source);
  const holding = active
    .filter(({ id }) => !passed.get(promotionId)?.has(id))
    .filter(({ scope }) => holdsCluster(scope, cluster, members) && holdsSource(scope, sources))
    .sort((a, b) => b.until.getTime() - a.until.getTime());
  const [freeze] = holding;
  if (!freeze) return null;
  return { message: `frozen by "${freeze.name}" until ${freeze.until.toISOString()}: ${freeze.reason}` };
}
