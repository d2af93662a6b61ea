import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { StandingDelivery } from '../gateway/standing-port.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { nextVersion, sameContent } from './domain/standing-content.js';
import { StandingInputs } from './standing-inputs.js';
import type { StandingSetRow } from './standing-set.store.js';
import { StandingSetStore } from './standing-set.store.js';

/** A change of what is asked: runs when the sets are locked, before they are computed. */
type ChangeOfInputs = () => Promise<void>;

/** Keeps the set of each cluster equal to what its inputs say. A version rises exactly when its set changes. */
@Injectable()
export class StandingSets {
  constructor(
    private readonly sets: StandingSetStore,
    private readonly inputs: StandingInputs,
    private readonly delivery: StandingDelivery,
    private readonly changes: ChangeFeed,
  ) {}

  /** Clusters (of these, or of all) whose set is not what its inputs say. Locks nothing. */
  async outdated(
    manager: EntityManager,
    clusterIds: readonly string[] | 'all',
    now: Date,
  ): Promise<readonly string[]> {
    // The sets first: what changes between the two reads is then found, and not overlooked.
    const sets = await this.sets.read(manager, clusterIds);
    const contents = await this.inputs.contents(manager, clusterIds, now);
    return [...contents]
      .filter(
        ([clusterId, content]) => !sameContent(sets.get(clusterId)?.content ?? new Uint8Array(), content),
      )
      .map(([clusterId]) => clusterId);
  }

  /**
   * Computes the sets of these clusters again, one transaction after the other, and has the changed ones sent when
   * the transaction commits. Every change of the inputs has to be committed before, or made by `change`.
   */
  async revise(
    manager: EntityManager,
    clusterIds: readonly string[],
    now: Date,
    change?: ChangeOfInputs,
  ): Promise<void> {
    if (clusterIds.length === 0) return;
    const locked = await this.sets.lock(manager, clusterIds, now);
    await change?.();
    const contents = await this.inputs.contents(manager, [...locked.keys()], now);
    const changed = [...locked.values()].flatMap((row): StandingSetRow[] => {
      const content = contents.get(row.clusterId) ?? new Uint8Array();
      if (sameContent(row.content, content)) return [];
      return [{ clusterId: row.clusterId, version: nextVersion(row.version, now), content }];
    });
    await this.write(manager, changed, now);
  }

  /** Raises the version above one that the hub does not remember to have given. */
  async raise(manager: EntityManager, clusterId: string, above: bigint, now: Date): Promise<void> {
    const row = (await this.sets.lock(manager, [clusterId], now)).get(clusterId);
    if (!row || row.version > above) return;
    await this.write(manager, [{ ...row, version: nextVersion(above, now) }], now);
  }

  private async write(manager: EntityManager, rows: readonly StandingSetRow[], now: Date): Promise<void> {
    if (rows.length === 0) return;
    await this.sets.update(manager, rows, now);
    const clusterIds = rows.map(({ clusterId }) => clusterId);
    await this.delivery.announce(manager, clusterIds);
    await this.tell(manager, clusterIds);
  }

  /** Readers see in their clusters what is asked and what was answered. */
  async tell(manager: EntityManager, clusterIds: readonly string[]): Promise<void> {
    const clusters = await this.inputs.clusters(manager, clusterIds);
    const news = clusters.map(({ id, name }) => ({
      topic: 'cluster' as const,
      clusterId: id,
      key: name,
      deleted: false,
    }));
    await this.changes.publish(manager, news);
  }
}
