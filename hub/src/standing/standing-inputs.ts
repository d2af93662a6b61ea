import { Inject, Injectable, Optional } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { FreezeStore } from '../freezes/freeze.store.js';
import type { Member } from '../pipelines/pipelines.js';
import { Pipelines } from '../pipelines/pipelines.js';
import type { EnvironmentMembers, FreezableCluster } from './domain/freeze-scope.js';
import { holdsCluster } from './domain/freeze-scope.js';
import type { FreezeRecord, StandingContent } from './domain/standing-content.js';
import { standingContent, vetoContent } from './domain/standing-content.js';
import { PinStore } from './pin.store.js';
import type { PinRecord } from './standing.js';
import { VetoStore } from './veto.store.js';

/** What the sets of clusters are computed from: pins, freezes and who is in their scope, vetoes. */
@Injectable()
export class StandingInputs {
  constructor(
    private readonly pins: PinStore,
    private readonly vetoes: VetoStore,
    private readonly freezes: FreezeStore,
    @Optional() @Inject(Pipelines) private readonly pipelines?: Pipelines,
  ) {}

  /** What each of these clusters is asked now; those that are gone are left out. */
  async contents(
    manager: EntityManager,
    clusterIds: readonly string[],
    now: Date,
  ): Promise<ReadonlyMap<string, StandingContent>> {
    const clusters = await this.clusters(manager, clusterIds);
    const freezes = await this.openFreezes(manager, now);
    const members = await this.members(manager, freezes);
    const vetoes = vetoContent(await this.vetoes.inForce(manager));
    const pins = pinsByCluster(await this.pins.of(manager, clusterIds));
    return new Map(
      clusters.map((cluster) => {
        const holding = freezes.filter(({ scope }) => holdsCluster(scope, cluster, members));
        const parts = { pins: pins.get(cluster.id) ?? [], freezes: holding, now };
        return [cluster.id, standingContent(parts, vetoes)];
      }),
    );
  }

  /** Freezes that have not ended, also those that have not begun. */
  async openFreezes(manager: EntityManager, now: Date): Promise<readonly FreezeRecord[]> {
    const rows = await this.freezes.notEnded(manager, now);
    return rows.map(({ id, name, spec, startsAt, endsAt, updatedBy }) => ({
      id,
      name,
      scope: spec.scope,
      reason: spec.reason,
      requestedBy: updatedBy,
      from: startsAt,
      until: endsAt,
    }));
  }

  /** The clusters of the environments that freezes are about, and of others that are named. */
  async members(
    manager: EntityManager,
    freezes: readonly FreezeRecord[],
    others: readonly string[] = [],
  ): Promise<EnvironmentMembers> {
    const names = new Set([...freezes.flatMap(({ scope }) => scope.environment ?? []), ...others]);
    const none = new Map<string, readonly Member[]>([...names].map((name) => [name, []]));
    const members = (await this.pipelines?.membersOf(manager, [...names])) ?? none;
    return new Map(
      [...members].map(([name, list]) => [name, new Set(list.map(({ clusterId }) => clusterId))]),
    );
  }

  async clusters(
    manager: EntityManager,
    ids: readonly string[] | 'all',
  ): Promise<readonly FreezableCluster[]> {
    const some = ids !== 'all';
    return manager.query(
      `SELECT clusters.id, clusters.name FROM clusters ${some ? 'WHERE clusters.id = ANY($1)' : ''} ORDER BY clusters.id`,
      some ? [ids] : [],
    );
  }
}

function pinsByCluster(pins: readonly PinRecord[]): ReadonlyMap<string, readonly PinRecord[]> {
  const groups = new Map<string, PinRecord[]>();
  for (const pin of pins) {
    const group = groups.get(pin.clusterId);
    if (group) group.push(pin);
    else groups.set(pin.clusterId, [pin]);
  }
  return groups;
}
