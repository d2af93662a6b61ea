import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { StandingProgress } from './standing.js';

/** One row of `standing_sets`. */
export interface StandingSetRow {
  readonly clusterId: string;
  readonly version: bigint;
  /** Empty when nothing is asked. */
  readonly digest: Uint8Array;
}

/** A set with what is sent. */
export interface StandingSetContent {
  readonly version: bigint;
  readonly content: Uint8Array;
}

interface Row {
  readonly clusterId: string;
  /** bigint */
  readonly version: string;
  readonly digest: Buffer;
}

/** The set of each cluster, and how far its agents have got with it as a whole. */
@Injectable()
export class StandingSetStore {
  /** Of these clusters. */
  async read(
    manager: EntityManager,
    clusterIds: readonly string[],
  ): Promise<ReadonlyMap<string, StandingSetRow>> {
    const rows = await manager.query<Row[]>(
      `SELECT s.cluster_id AS "clusterId", s.version, s.digest FROM standing_sets s
       WHERE s.cluster_id = ANY($1)`,
      [clusterIds],
    );
    return byCluster(rows);
  }

  /** Makes the rows that are missing, and locks all of them in the order of their ids. */
  async lock(
    manager: EntityManager,
    clusterIds: readonly string[],
    now: Date,
  ): Promise<ReadonlyMap<string, StandingSetRow>> {
    await manager.query(
      `INSERT INTO standing_sets (cluster_id, version, content, digest, changed_at)
       SELECT clusters.id, 0, '', '', $2 FROM clusters WHERE clusters.id = ANY($1)
         AND NOT EXISTS (SELECT FROM standing_sets s WHERE s.cluster_id = clusters.id)
       ORDER BY clusters.id ON CONFLICT DO NOTHING`,
      [clusterIds, now],
    );
    const rows = await manager.query<Row[]>(
      `SELECT s.cluster_id AS "clusterId", s.version, s.digest FROM standing_sets s
       WHERE s.cluster_id = ANY($1) ORDER BY s.cluster_id FOR UPDATE`,
      [clusterIds],
    );
    return byCluster(rows);
  }

  async content(manager: EntityManager, clusterId: string): Promise<StandingSetContent | undefined> {
    return (await this.contents(manager, [clusterId])).get(clusterId);
  }

  /** By cluster. */
  async contents(
    manager: EntityManager,
    clusterIds: readonly string[],
  ): Promise<ReadonlyMap<string, StandingSetContent>> {
    const rows = await manager.query<{ clusterId: string; version: string; content: Buffer }[]>(
      `SELECT s.cluster_id AS "clusterId", s.version, s.content FROM standing_sets s WHERE s.cluster_id = ANY($1)`,
      [clusterIds],
    );
    return new Map(
      rows.map(({ clusterId, version, content }) => [clusterId, { version: BigInt(version), content }]),
    );
  }

  /** `rows` have been locked. */
  async update(
    manager: EntityManager,
    rows: readonly (StandingSetRow & { readonly content: Uint8Array })[],
    now: Date,
  ): Promise<void> {
    await manager.query(
      `UPDATE standing_sets s SET version = n.version, content = n.content, digest = n.digest, changed_at = $5
       FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::bytea[]) AS n (cluster_id, version, content, digest)
       WHERE s.cluster_id = n.cluster_id`,
      [
        rows.map(({ clusterId }) => clusterId),
        rows.map(({ version }) => version.toString()),
        rows.map(({ content }) => Buffer.from(content)),
        rows.map(({ digest }) => Buffer.from(digest)),
        now,
      ],
    );
  }

  /** The set stays, under another version. */
  async renumber(manager: EntityManager, clusterId: string, version: bigint): Promise<void> {
    await manager.query('UPDATE standing_sets s SET version = $2 WHERE s.cluster_id = $1', [
      clusterId,
      version.toString(),
    ]);
  }

  /** Clusters with a connected agent that has not been sent the newest version. */
  async unsent(manager: EntityManager): Promise<readonly string[]> {
    const rows = await manager.query<{ clusterId: string }[]>(
      `SELECT DISTINCT s.cluster_id AS "clusterId" FROM standing_sets s
       JOIN agents a ON a.cluster_id = s.cluster_id AND a.replica_id IS NOT NULL
       LEFT JOIN standing_deliveries d ON d.cluster_id = a.cluster_id AND d.shard = a.shard
       WHERE s.version > greatest(coalesce(d.sent_version, 0), coalesce(d.acknowledged_version, 0))`,
    );
    return rows.map(({ clusterId }) => clusterId);
  }

  async progress(
    manager: EntityManager,
    clusterIds: readonly string[],
  ): Promise<readonly StandingProgress[]> {
    const rows = await manager.query<
      { clusterId: string; version: string; acknowledged: string; refusal: string }[]
    >(
      `SELECT s.cluster_id AS "clusterId", s.version, coalesce(min(coalesce(d.acknowledged_version, 0)), 0) AS acknowledged,
         coalesce(min(d.refusal) FILTER (WHERE d.refusal <> ''), '') AS refusal
       FROM standing_sets s LEFT JOIN agents a ON a.cluster_id = s.cluster_id
       LEFT JOIN standing_deliveries d ON d.cluster_id = a.cluster_id AND d.shard = a.shard
       WHERE s.cluster_id = ANY($1) GROUP BY s.cluster_id ORDER BY s.cluster_id`,
      [clusterIds],
    );
    return rows.map((row) => ({
      ...row,
      version: BigInt(row.version),
      acknowledged: BigInt(row.acknowledged),
    }));
  }
}

function byCluster(rows: readonly Row[]): ReadonlyMap<string, StandingSetRow> {
  return new Map(rows.map((row) => [row.clusterId, { ...row, version: BigInt(row.version) }]));
}
