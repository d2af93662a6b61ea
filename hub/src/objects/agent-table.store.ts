import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { HeldTable } from './domain/sync-decisions.js';
import type { AgentId } from './object-status.store.js';

/** What the hub holds of an agent, and which session may change it. */
export interface AgentTableRow extends AgentId, HeldTable {
  readonly sessionId: string | null;
  readonly spoolId: string;
  readonly recordSequence: bigint;
}

/** What a message of an agent leaves behind in its row of `agents`. */
export interface AgentUpdate extends AgentId {
  readonly tableId: string;
  readonly sequence: bigint;
  readonly hash: Uint8Array;
  /** The held table is true as of now. */
  readonly confirmed: boolean;
  readonly at: Date;
}

interface RawRow {
  clusterId: string;
  shard: string;
  tableId: string;
  sequence: string;
  hash: Buffer;
  sessionId: string | null;
  spoolId: string;
  recordSequence: string;
}

/** The synchronisation state in `agents`. */
@Injectable()
export class AgentTableStore {
  /** Locks the rows in one order, so that replicas cannot block each other. By `agentKey`. */
  async lock(
    manager: EntityManager,
    agents: readonly AgentId[],
  ): Promise<ReadonlyMap<string, AgentTableRow>> {
    const rows = await manager.query<RawRow[]>(
      `SELECT agents.cluster_id AS "clusterId", agents.shard, agents.table_id AS "tableId", agents.sequence,
         agents.table_hash AS hash, agents.session_id AS "sessionId", agents.spool_id AS "spoolId",
         agents.record_sequence AS "recordSequence"
       FROM agents
       WHERE (agents.cluster_id, agents.shard) IN (SELECT * FROM unnest($1::text[], $2::text[]))
       ORDER BY agents.cluster_id, agents.shard FOR UPDATE OF agents`,
      [agents.map(({ clusterId }) => clusterId), agents.map(({ shard }) => shard)],
    );
    return new Map(
      rows.map((row) => [
        agentKey(row),
        { ...row, sequence: BigInt(row.sequence), recordSequence: BigInt(row.recordSequence) },
      ]),
    );
  }

  async update(manager: EntityManager, updates: readonly AgentUpdate[]): Promise<void> {
    if (updates.length === 0) return;
    await manager.query(
      `UPDATE agents SET table_id = news.table_id, sequence = news.sequence, table_hash = news.table_hash,
         heard_at = news.at, observed_at = CASE WHEN news.confirmed THEN news.at ELSE agents.observed_at END
       FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bytea[], $6::boolean[], $7::timestamptz[])
         AS news (cluster_id, shard, table_id, sequence, table_hash, confirmed, at)
       WHERE agents.cluster_id = news.cluster_id AND agents.shard = news.shard`,
      [
        updates.map(({ clusterId }) => clusterId),
        updates.map(({ shard }) => shard),
        updates.map(({ tableId }) => tableId),
        updates.map(({ sequence }) => sequence),
        updates.map(({ hash }) => hash),
        updates.map(({ confirmed }) => confirmed),
        updates.map(({ at }) => at),
      ],
    );
  }

  async setRecords(
    manager: EntityManager,
    agent: AgentId,
    spoolId: string,
    sequence: bigint,
    at: Date,
  ): Promise<void> {
    await manager.query(
      `UPDATE agents SET spool_id = $3, record_sequence = $4, heard_at = $5
       WHERE agents.cluster_id = $1 AND agents.shard = $2`,
      [agent.clusterId, agent.shard, spoolId, sequence, at],
    );
  }
}

/** One text for cluster and shard, for maps. */
export function agentKey({ clusterId, shard }: AgentId): string {
  return `${clusterId}\n${shard}`;
}
