import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { StandingDelivery } from '../gateway/standing-port.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import type { StandingContent } from './domain/standing-content.js';
import { nextVersion, sameDigest } from './domain/standing-content.js';
import { StandingInputs } from './standing-inputs.js';
import { StandingSetStore } from './standing-set.store.js';

/** A change of what is asked: runs when the sets are locked, before they are computed. */
type ChangeOfInputs = () => Promise<void>;

const nothing: StandingContent = { digest: new Uint8Array(), parts: [] };

/** Keeps the set of each cluster equal to what its inputs say. A version rises exactly when its set changes. */
@Injectable()
export class StandingSets {
  constructor(
    private readonly sets: StandingSetStore,
    private readonly inputs: StandingInputs,
    private readonly delivery: StandingDelivery,
    private readonly changes: ChangeFeed,
  ) {}

  /** Those of the clusters whose set is not what its inputs say. Locks nothing. */
  async outdated(
    manager: EntityManager,
    clusterIds: readonly string[],
    now: Date,
  ): Promise<readonly string[]> {
    // The sets first: what changes between the two reads is then found, and not overlooked.
    const sets = await this.sets.read(manager, clusterIds);
    const contents = await this.inputs.contents(manager, clusterIds, now);
    return [...contents]
      .filter(([id, { digest }]) => !sameDigest(sets.get(id)?.digest ?? nothing.digest, digest))
      .map(([id]) => id);
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
    const changed = [...locked.values()].flatMap(({ clusterId, version, digest }) => {
      const content = contents.get(clusterId) ?? nothing;
      if (sameDigest(digest, content.digest)) return [];
      const next = { clusterId, version: nextVersion(version, now), digest: content.digest };
      return [{ ...next, content: Buffer.concat(content.parts) }];
    });
    if (changed.length === 0) return;
    await this.sets.update(manager, changed, now);
    await this.announce(
      manager,
      changed.map(({ clusterId }) => clusterId),
    );
  }

  /** Raises the version above one that the hub does not remember to have given. */
  async raise(manager: EntityManager, clusterId: string, above: bigint, now: Date): Promise<void> {
    const row = (await this.sets.lock(manager, [clusterId], now)).get(clusterId);
    if (!row || row.version > above) return;
    await this.sets.renumber(manager, clusterId, nextVersion(above, now));
    await this.announce(manager, [clusterId]);
  }

  private async announce(manager: EntityManager, clusterIds: readonly string[]): Promise<void> {
    await this.delivery.announce(manager, clusterIds);
    await this.tell(manager, clusterIds);
  }

  /** Readers see in their clusters what is asked and what was answered. */
  async tell(manager: EntityManager, clusterIds: readonly string[]): Promise<void> {
    const clusters = await this.inputs.clusters(manager, clusterIds);
    const news = clusters.map(({ id, name }) => ({
      topic: 'standing' as const,
      clusterId: id,
      key: name,
      deleted: false,
    }));
    await this.changes.publish(manager, news);
  }
}
