import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AgentId } from '../objects/object-status.store.js';

/** Who holds the session of an agent. */
export interface SessionClaim {
  readonly sessionId: string | null;
  readonly instanceId: string;
  /** Null: the session has ended, or its replica has. */
  readonly replicaId: string | null;
  readonly heardAt: Date | null;
}

export interface NewClaim extends AgentId {
  readonly sessionId: string;
  readonly instanceId: string;
  readonly replicaId: string;
  readonly agentVersion: string;
  readonly kubernetesVersion: string;
  readonly at: Date;
}

const columns = `agents.session_id AS "sessionId", agents.instance_id AS "instanceId",
  agents.replica_id AS "replicaId", agents.heard_at AS "heardAt"`;

/** Which session and which replica each agent is connected by, in `agents`. */
@Injectable()
export class SessionClaimStore {
  /** The row of the agent, made when it is new, locked until the transaction ends. */
  async lock(manager: EntityManager, agent: AgentId): Promise<SessionClaim> {
    const known = await this.lockKnown(manager, agent);
    if (known) return known;
    await manager.query(
      `INSERT INTO agents (cluster_id, shard, agent_version, kubernetes_version) VALUES ($1, $2, '', '')
       ON CONFLICT (cluster_id, shard) DO NOTHING`,
      [agent.clusterId, agent.shard],
    );
    return (await this.lockKnown(manager, agent))!;
  }

  async read(manager: EntityManager, { clusterId, shard }: AgentId): Promise<SessionClaim | null> {
    const rows = await manager.query<SessionClaim[]>(
      `SELECT ${columns} FROM agents WHERE agents.cluster_id = $1 AND agents.shard = $2`,
      [clusterId, shard],
    );
    return rows[0] ?? null;
  }

  async take(manager: EntityManager, claim: NewClaim): Promise<void> {
    await manager.query(
      `UPDATE agents SET session_id = $3, instance_id = $4, replica_id = $5, agent_version = $6,
         kubernetes_version = $7, connected_at = $8, heard_at = $8
       WHERE agents.cluster_id = $1 AND agents.shard = $2`,
      [
        claim.clusterId,
        claim.shard,
        claim.sessionId,
        claim.instanceId,
        claim.replicaId,
        claim.agentVersion,
        claim.kubernetesVersion,
        claim.at,
      ],
    );
  }

  /** Frees what these sessions still hold. Gives the clusters that lost a session by it. */
  async release(
    manager: EntityManager,
    sessionIds: readonly string[],
  ): Promise<readonly { clusterId: string; name: string }[]> {
    const [rows] = await manager.query<[{ clusterId: string; name: string }[], number]>(
      `UPDATE agents SET session_id = NULL, replica_id = NULL FROM clusters
       WHERE clusters.id = agents.cluster_id AND (agents.cluster_id, agents.shard) IN (
         SELECT held.cluster_id, held.shard FROM agents AS held WHERE held.session_id = ANY($1)
         ORDER BY held.cluster_id, held.shard FOR UPDATE)
       RETURNING agents.cluster_id AS "clusterId", clusters.name`,
      [sessionIds],
    );
    return rows;
  }

  /** Puts the replica's name back on its sessions, after others had taken it for dead. */
  async restore(manager: EntityManager, sessionIds: readonly string[], replicaId: string): Promise<void> {
    await manager.query(
      'UPDATE agents SET replica_id = $2 WHERE agents.session_id = ANY($1) AND agents.replica_id IS NULL',
      [sessionIds, replicaId],
    );
  }

  /** The shards of a cluster that are connected, first by name. */
  async connectedShards(manager: EntityManager, clusterId: string): Promise<readonly string[]> {
    const rows = await manager.query<{ shard: string }[]>(
      `SELECT agents.shard FROM agents WHERE agents.cluster_id = $1 AND agents.replica_id IS NOT NULL ORDER BY agents.shard`,
      [clusterId],
    );
    return rows.map(({ shard }) => shard);
  }

  /** The shard that reports an object, if any does. */
  async shardOf(
    manager: EntityManager,
    clusterId: string,
    kind: string,
    namespace: string,
    name: string,
  ): Promise<string | null> {
    const rows = await manager.query<{ shard: string }[]>(
      `SELECT object_statuses.shard FROM object_statuses
       WHERE object_statuses.cluster_id = $1 AND object_statuses.kind = $2 AND object_statuses.namespace = $3
         AND object_statuses.name = $4 LIMIT 1`,
      [clusterId, kind, namespace, name],
    );
    return rows[0]?.shard ?? null;
  }

  private async lockKnown(
    manager: EntityManager,
    { clusterId, shard }: AgentId,
  ): Promise<SessionClaim | undefined> {
    const rows = await manager.query<SessionClaim[]>(
      `SELECT ${columns} FROM agents WHERE agents.cluster_id = $1 AND agents.shard = $2 FOR UPDATE`,
      [clusterId, shard],
    );
    return rows[0];
  }
}
