import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { PinRecord, PinTarget } from './standing.js';

/** One row of `pins`. */
export type NewPin = Omit<PinRecord, 'mayPass' | 'allowedAt'>;

type PinRow = Omit<PinRecord, 'source'> & {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
};

const columns = `p.id, p.cluster_id AS "clusterId", p.source_kind AS kind, p.source_namespace AS namespace,
  p.source_name AS name, p.revision, p.reason, p.requested_by AS "requestedBy", p.rollout_id AS "rolloutId",
  p.promotion_id AS "promotionId", p.created_at AS "createdAt"`;

const insert = `INSERT INTO pins AS p (id, cluster_id, source_kind, source_namespace, source_name, revision, reason,
    requested_by, rollout_id, promotion_id, created_at)
  SELECT r.id, r."clusterId", r.kind, r.namespace, r.name, r.revision, r.reason, r."requestedBy", r."rolloutId",
    r."promotionId", r."createdAt"
  FROM jsonb_to_recordset($1::jsonb) AS r (id text, "clusterId" text, kind text, namespace text, name text,
    revision text, reason text, "requestedBy" text, "rolloutId" text, "promotionId" text, "createdAt" timestamptz)
  JOIN clusters ON clusters.id = r."clusterId"`;

function rowsText(pins: readonly NewPin[]): string {
  return JSON.stringify(pins.map(({ source, ...pin }) => ({ ...pin, ...source })));
}

/** The pins in force. */
@Injectable()
export class PinStore {
  /** Sets pins; one that says the same as the pin that stands keeps the old one. Clusters that are gone are skipped. */
  async put(manager: EntityManager, pins: readonly NewPin[]): Promise<void> {
    await manager.query(
      `${insert} ON CONFLICT (cluster_id, source_kind, source_namespace, source_name) DO UPDATE SET id = excluded.id,
         revision = excluded.revision, reason = excluded.reason, requested_by = excluded.requested_by,
         rollout_id = excluded.rollout_id, promotion_id = excluded.promotion_id, created_at = excluded.created_at
       WHERE (p.revision, p.reason, p.requested_by, p.rollout_id, p.promotion_id) IS DISTINCT FROM
         (excluded.revision, excluded.reason, excluded.requested_by, excluded.rollout_id, excluded.promotion_id)`,
      [rowsText(pins)],
    );
  }

  /** Sets pins where there are none. */
  async putNew(manager: EntityManager, pins: readonly NewPin[]): Promise<void> {
    await manager.query(`${insert} ON CONFLICT DO NOTHING`, [rowsText(pins)]);
  }

  async remove(manager: EntityManager, targets: readonly PinTarget[]): Promise<void> {
    await manager.query(
      `DELETE FROM pins USING jsonb_to_recordset($1::jsonb) AS r ("clusterId" text, kind text, namespace text, name text)
       WHERE pins.cluster_id = r."clusterId" AND pins.source_kind = r.kind AND pins.source_namespace = r.namespace
         AND pins.source_name = r.name`,
      [JSON.stringify(targets.map(({ clusterId, source }) => ({ clusterId, ...source })))],
    );
  }

  /** Of these clusters, each with the freezes that it may pass as things are now. */
  async of(manager: EntityManager, clusterIds: readonly string[]): Promise<readonly PinRecord[]> {
    const rows = await manager.query<PinRow[]>(
      `SELECT ${columns}, coalesce(g.freezes, '{}') AS "mayPass", g.at AS "allowedAt"
       FROM pins p LEFT JOIN (
         SELECT b.promotion_id, array_agg(b.freeze_id) AS freezes, max(b.granted_at) AS at
         FROM break_glass b WHERE b.granted_at IS NOT NULL GROUP BY b.promotion_id
       ) g ON g.promotion_id = p.promotion_id
       WHERE p.cluster_id = ANY($1) ORDER BY p.id`,
      [clusterIds],
    );
    return rows.map(({ kind, namespace, name, ...pin }) => ({ ...pin, source: { kind, namespace, name } }));
  }
}
