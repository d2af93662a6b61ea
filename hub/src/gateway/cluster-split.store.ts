import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** A cluster whose objects its agents have split into these shards. */
export interface ClusterSplit {
  readonly clusterId: string;
  readonly shards: readonly string[];
}

/** Keeps the rows of `agents` equal to the split that the agents of a cluster speak of. */
@Injectable()
export class ClusterSplitStore {
  /** Makes the rows of all shards: until each has reported, what the cluster looks like is not known. */
  async expect(manager: EntityManager, { clusterId, shards }: ClusterSplit): Promise<void> {
    if (shards.length === 0) return;
    // In one order, so that shards that dial at the same time cannot block each other.
    await manager.query(
      `INSERT INTO agents (cluster_id, shard, agent_version, kubernetes_version)
       SELECT $1, wanted.shard, '', '' FROM unnest($2::text[]) AS wanted (shard) ORDER BY wanted.shard
       ON CONFLICT (cluster_id, shard) DO NOTHING`,
      [clusterId, shards],
    );
  }

  /**
   * Drops what was reported under another split and by nobody any more: the same objects are reported by the shards
   * that there are. Gives the clusters that lost rows.
   */
  async forgetOthers(
    manager: EntityManager,
    splits: readonly ClusterSplit[],
  ): Promise<readonly { clusterId: string; name: string }[]> {
    if (splits.length === 0) return [];
    const [rows] = await manager.query<[{ clusterId: string; name: string }[], number]>(
      `DELETE FROM agents USING clusters,
         (SELECT split.cluster_id, array_agg(split.shard) AS shards
          FROM unnest($1::text[], $2::text[]) AS split (cluster_id, shard) GROUP BY split.cluster_id) AS split
       WHERE agents.cluster_id = split.cluster_id AND clusters.id = agents.cluster_id
         AND agents.shard <> ALL (split.shards) AND agents.replica_id IS NULL
       RETURNING agents.cluster_id AS "clusterId", clusters.name`,
      [
        splits.flatMap(({ clusterId, shards }) => shards.map(() => clusterId)),
        splits.flatMap(({ shards }) => shards),
      ],
    );
    return rows;
  }
}
