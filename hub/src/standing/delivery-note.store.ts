import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { DeliveryNote } from './domain/delivery-note.js';

const notes = `jsonb_to_recordset($1::jsonb) AS n (cluster_id text, shard text, sent bigint, acknowledged bigint,
  answered bigint, refusal text)`;

/** What each shard of an agent has got and has taken over: `standing_deliveries`. */
@Injectable()
export class DeliveryNoteStore {
  /**
   * Takes notes down, at most one of an agent. Gives the clusters in which something changed that people see. A
   * version that the hub never gave changes nothing, nor does an answer to an older one than the last.
   */
  async write(
    manager: EntityManager,
    written: readonly DeliveryNote[],
    at: Date,
  ): Promise<readonly string[]> {
    const json = JSON.stringify(written.map(rowOf));
    await manager.query(
      `INSERT INTO standing_deliveries (cluster_id, shard)
       SELECT a.cluster_id, a.shard FROM ${notes} JOIN agents a ON a.cluster_id = n.cluster_id AND a.shard = n.shard
       WHERE greatest(n.sent, n.acknowledged, n.answered) > 0
       ORDER BY a.cluster_id, a.shard ON CONFLICT DO NOTHING`,
      [json],
    );
    const [rows] = await manager.query<[{ clusterId: string; seen: boolean }[], number]>(
      `UPDATE standing_deliveries d SET
         sent_version = greatest(d.sent_version, n.sent),
         sent_at = CASE WHEN n.sent > d.sent_version THEN $2::timestamptz ELSE d.sent_at END,
         acknowledged_version = coalesce(n.acknowledged, d.acknowledged_version),
         answered_version = greatest(d.answered_version, n.answered),
         answered_at = CASE WHEN n.answered IS NOT NULL THEN $2::timestamptz ELSE d.answered_at END,
         refusal = CASE WHEN n.answered IS NOT NULL THEN n.refusal
           WHEN n.acknowledged >= d.answered_version THEN '' ELSE d.refusal END
       FROM (SELECT n.cluster_id, n.shard, n.sent, n.acknowledged, n.answered, n.refusal,
           was.acknowledged_version AS old_acknowledged, was.refusal AS old_refusal
         FROM ${notes}
         JOIN standing_deliveries was ON was.cluster_id = n.cluster_id AND was.shard = n.shard
         LEFT JOIN standing_sets s ON s.cluster_id = n.cluster_id
         WHERE coalesce(n.answered >= was.answered_version, true)
           AND coalesce(greatest(n.acknowledged, n.answered), 0) <= coalesce(s.version, 0)) n
       WHERE d.cluster_id = n.cluster_id AND d.shard = n.shard
       RETURNING d.cluster_id AS "clusterId",
         d.acknowledged_version <> n.old_acknowledged OR d.refusal <> n.old_refusal AS seen`,
      [json, at],
    );
    return [...new Set(rows.filter(({ seen }) => seen).map(({ clusterId }) => clusterId))];
  }
}

function rowOf({ clusterId, shard, sent, acknowledged, answered, refusal }: DeliveryNote): object {
  const number = (version: bigint | null) => version?.toString() ?? null;
  return {
    cluster_id: clusterId,
    shard,
    sent: number(sent),
    acknowledged: number(acknowledged),
    answered: number(answered),
    refusal,
  };
}
