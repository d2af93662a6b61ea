import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { SqlConditions } from '../paging/sql-conditions.js';
import type { IntentAction, IntentProgress, IntentState, IntentTarget } from './domain/intent.js';
import { openStates, outcomeGraceMs } from './domain/intent.js';

/** One row of `intents`. */
export interface IntentRecord extends IntentProgress {
  readonly id: string;
  readonly clusterId: string;
  readonly action: IntentAction;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly withSource: boolean;
  readonly requestedBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt: Date;
}

/** An intent that changed, for those who watch. */
export interface ChangedIntent {
  readonly id: string;
  readonly clusterId: string;
}

const columns = `i.id, i.cluster_id AS "clusterId", i.action, i.object_api_version AS "apiVersion", i.object_kind AS kind,
  i.object_namespace AS namespace, i.object_name AS name, i.with_source AS "withSource", i.state, i.message,
  i.requested_by AS "requestedBy", i.created_at AS "createdAt", i.updated_at AS "updatedAt", i.expires_at AS "expiresAt"`;
const waitingStates: readonly IntentState[] = ['Pending', 'Delivered'];

/** The table of intents. */
@Injectable()
export class IntentStore {
  async insert(manager: EntityManager, intents: readonly IntentRecord[]): Promise<void> {
    await manager.query(
      `INSERT INTO intents (id, cluster_id, action, object_api_version, object_kind, object_namespace, object_name,
         with_source, state, message, requested_by, created_at, updated_at, expires_at)
       SELECT r.id, r."clusterId", r.action, r."apiVersion", r.kind, r.namespace, r.name,
         r."withSource", r.state, r.message, r."requestedBy", r."createdAt", r."updatedAt", r."expiresAt"
       FROM jsonb_to_recordset($1::jsonb) AS r (id text, "clusterId" text, action text, "apiVersion" text, kind text,
         namespace text, name text, "withSource" boolean, state text, message text, "requestedBy" text,
         "createdAt" timestamptz, "updatedAt" timestamptz, "expiresAt" timestamptz)`,
      [JSON.stringify(intents)],
    );
  }

  /** What is known of the clusters that the conditions (on `c`) choose, and of one object on them. */
  async targets(
    manager: EntityManager,
    where: SqlConditions,
    object: { readonly kind: string; readonly namespace: string; readonly name: string },
  ): Promise<readonly (IntentTarget & { readonly clusterId: string })[]> {
    const at = where.values.length;
    return manager.query(
      `SELECT c.id AS "clusterId", c.name AS cluster, c.revoked, c.observed_at IS NOT NULL AS reported,
         o.api_version AS "apiVersion"
       FROM fleet_clusters c LEFT JOIN LATERAL (
         SELECT object_statuses.api_version FROM object_statuses
         WHERE object_statuses.cluster_id = c.id AND object_statuses.kind = $${at + 1}
           AND object_statuses.namespace = $${at + 2} AND object_statuses.name = $${at + 3}
         LIMIT 1
       ) o ON true ${where.sql} ORDER BY c.name`,
      [...where.values, object.kind, object.namespace, object.name],
    );
  }

  /** Open intents of a cluster whose agent may still act or answer, oldest first. */
  async open(manager: EntityManager, clusterId: string, now: Date): Promise<readonly IntentRecord[]> {
    return manager.query(
      `SELECT ${columns} FROM intents i JOIN clusters c ON c.id = i.cluster_id
       WHERE i.cluster_id = $1 AND i.state = ANY($2) AND (i.expires_at > $3 OR i.state = 'Accepted')
         AND c.revoked_at IS NULL AND c.quarantined_at IS NULL
       ORDER BY i.id`,
      [clusterId, openStates, now],
    );
  }

  /** The cluster's intents with these ids, locked until the transaction ends. */
  async lock(
    manager: EntityManager,
    clusterId: string,
    ids: readonly string[],
  ): Promise<readonly IntentRecord[]> {
    return manager.query(
      `SELECT ${columns} FROM intents i WHERE i.cluster_id = $1 AND i.id = ANY($2) ORDER BY i.id FOR UPDATE`,
      [clusterId, ids],
    );
  }

  async update(
    manager: EntityManager,
    id: string,
    { state, message }: IntentProgress,
    at: Date,
  ): Promise<void> {
    await manager.query('UPDATE intents SET state = $2, message = $3, updated_at = $4 WHERE id = $1', [
      id,
      state,
      message,
      at,
    ]);
  }

  /** Gives up what nobody will answer any more. */
  async expire(manager: EntityManager, now: Date): Promise<readonly ChangedIntent[]> {
    const [rows] = await manager.query<[ChangedIntent[], number]>(
      `UPDATE intents SET state = 'Expired', updated_at = $1, message = CASE intents.state
         WHEN 'Pending' THEN 'the cluster was not connected before it expired'
         WHEN 'Delivered' THEN 'the agent did not answer before it expired'
         ELSE 'the agent accepted it and never told the outcome' END
       WHERE (intents.state = ANY($2) AND intents.expires_at <= $1)
         OR (intents.state = 'Accepted' AND intents.expires_at <= $1::timestamptz - interval '${outcomeGraceMs} milliseconds')
       RETURNING intents.id, intents.cluster_id AS "clusterId"`,
      [now, waitingStates],
    );
    return rows;
  }

  /** Refuses what waits for clusters that have been cut off. */
  async refuseCutOff(manager: EntityManager, now: Date): Promise<readonly ChangedIntent[]> {
    const [rows] = await manager.query<[ChangedIntent[], number]>(
      `UPDATE intents SET state = 'Refused', updated_at = $1, message = 'the identity of the cluster has been revoked'
       FROM clusters WHERE clusters.id = intents.cluster_id AND intents.state = ANY($2)
         AND (clusters.revoked_at IS NOT NULL OR clusters.quarantined_at IS NOT NULL)
       RETURNING intents.id, intents.cluster_id AS "clusterId"`,
      [now, waitingStates],
    );
    return rows;
  }
}
