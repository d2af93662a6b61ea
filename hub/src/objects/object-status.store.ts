import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ObjectRow } from './object-row.js';

/** Names a shard of a cluster's agent. */
export interface AgentId {
  readonly clusterId: string;
  readonly shard: string;
}

/** A row and the agent that it belongs to. */
export interface OwnedRow extends AgentId {
  readonly row: ObjectRow;
}

export interface OwnedKey extends AgentId {
  readonly key: string;
}

/** What the hub has of an object already. */
export interface HeldRow {
  readonly rowHash: Uint8Array;
  readonly revision: string;
}

type Column = readonly [name: string, type: string, value: (owned: OwnedRow) => unknown];

const columns: readonly Column[] = [
  ['cluster_id', 'text', ({ clusterId }) => clusterId],
  ['shard', 'text', ({ shard }) => shard],
  ['key', 'text', ({ row }) => row.key],
  ['api_version', 'text', ({ row }) => row.apiVersion],
  ['kind', 'text', ({ row }) => row.kind],
  ['namespace', 'text', ({ row }) => row.namespace],
  ['name', 'text', ({ row }) => row.name],
  ['uid', 'text', ({ row }) => row.uid],
  ['generation', 'bigint', ({ row }) => row.generation],
  ['observed_generation', 'bigint', ({ row }) => row.observedGeneration],
  ['suspended', 'boolean', ({ row }) => row.suspended],
  ['sync', 'text', ({ row }) => row.sync],
  ['health', 'text', ({ row }) => row.health],
  ['intent', 'text', ({ row }) => row.intent],
  ['ready_status', 'text', ({ row }) => row.readyStatus],
  ['reason', 'text', ({ row }) => row.reason],
  ['message', 'text', ({ row }) => row.message],
  ['conditions', 'jsonb', ({ row }) => row.conditions],
  ['revision', 'text', ({ row }) => row.revision],
  ['attempted_revision', 'text', ({ row }) => row.attemptedRevision],
  ['source_api_version', 'text', ({ row }) => row.source.apiVersion],
  ['source_kind', 'text', ({ row }) => row.source.kind],
  ['source_namespace', 'text', ({ row }) => row.source.namespace],
  ['source_name', 'text', ({ row }) => row.source.name],
  ['source_url', 'text', ({ row }) => row.sourceUrl],
  ['source_ref', 'text', ({ row }) => row.sourceRef],
  ['inventory_entries', 'bigint', ({ row }) => row.inventoryEntries],
  ['inventory_digest', 'text', ({ row }) => row.inventoryDigest],
  ['last_handled_reconcile_at', 'text', ({ row }) => row.lastHandledReconcileAt],
  ['changed_at', 'timestamptz', ({ row }) => row.changedAt],
  ['gate_state', 'text', ({ row }) => row.gate?.state ?? ''],
  ['gate_mode', 'text', ({ row }) => row.gate?.mode ?? ''],
  ['gate_newest_revision', 'text', ({ row }) => row.gate?.newestRevision ?? ''],
  ['gate_pinned_revision', 'text', ({ row }) => row.gate?.pinnedRevision ?? ''],
  ['gate_pin_id', 'text', ({ row }) => row.gate?.pinId ?? ''],
  ['gate_message', 'text', ({ row }) => row.gate?.message ?? ''],
  ['revision_author', 'text', ({ row }) => row.revisionAuthor],
  ['row_hash', 'bytea', ({ row }) => row.rowHash],
];

const upsertSql = `INSERT INTO object_statuses (${columns.map(([name]) => name).join(', ')})
  SELECT * FROM unnest(${columns.map(([, type], i) => `$${i + 1}::${type}[]`).join(', ')})
  ON CONFLICT (cluster_id, shard, key) DO UPDATE SET ${columns
    .slice(3)
    .map(([name]) => `${name} = excluded.${name}`)
    .join(', ')}`;

/** The rows of `object_statuses`, in batches over many agents at once. */
@Injectable()
export class ObjectStatusStore {
  /** Of the rows that exist, by `ownedKey`. */
  async held(manager: EntityManager, keys: readonly OwnedKey[]): Promise<ReadonlyMap<string, HeldRow>> {
    if (keys.length === 0) return new Map();
    const rows = await manager.query<(OwnedKey & HeldRow)[]>(
      `SELECT object_statuses.cluster_id AS "clusterId", object_statuses.shard, object_statuses.key,
         object_statuses.row_hash AS "rowHash", object_statuses.revision
       FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (cluster_id, shard, key)
       JOIN object_statuses USING (cluster_id, shard, key)`,
      keyArrays(keys),
    );
    return new Map(rows.map((row) => [ownedKey(row), row]));
  }

  /** Inserts or replaces. A key must not occur twice. */
  async upsert(manager: EntityManager, rows: readonly OwnedRow[]): Promise<void> {
    if (rows.length === 0) return;
    await manager.query(
      upsertSql,
      columns.map(([, , value]) => rows.map(value)),
    );
  }

  async remove(manager: EntityManager, keys: readonly OwnedKey[]): Promise<void> {
    if (keys.length === 0) return;
    await manager.query(
      `DELETE FROM object_statuses USING unnest($1::text[], $2::text[], $3::text[]) AS gone (cluster_id, shard, key)
       WHERE object_statuses.cluster_id = gone.cluster_id AND object_statuses.shard = gone.shard
         AND object_statuses.key = gone.key`,
      keyArrays(keys),
    );
  }

  /** Removes every row of the agent but these. Gives the keys that went. */
  async removeOthers(
    manager: EntityManager,
    agent: AgentId,
    keep: readonly string[],
  ): Promise<readonly string[]> {
    const [rows] = await manager.query<[{ key: string }[], number]>(
      `DELETE FROM object_statuses WHERE object_statuses.cluster_id = $1 AND object_statuses.shard = $2
         AND NOT EXISTS (SELECT FROM unnest($3::text[]) AS kept (key) WHERE kept.key = object_statuses.key)
       RETURNING object_statuses.key`,
      [agent.clusterId, agent.shard, keep],
    );
    return rows.map(({ key }) => key);
  }
}

/** One text for agent and key, for maps. */
export function ownedKey({ clusterId, shard, key }: OwnedKey): string {
  return `${clusterId}\n${shard}\n${key}`;
}

function keyArrays(keys: readonly OwnedKey[]): unknown[] {
  return [keys.map(({ clusterId }) => clusterId), keys.map(({ shard }) => shard), keys.map(({ key }) => key)];
}
