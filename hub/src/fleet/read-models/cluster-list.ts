import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Page } from '../../paging/cursor.js';
import { byName, readPage } from '../../paging/keyset.js';
import type { PageRequest } from '../../paging/keyset.js';
import { SqlConditions } from '../../paging/sql-conditions.js';
import { Clock } from '../../platform/clock.js';
import { notFound } from '../../platform/errors/hub-error.js';
import { intentStates } from '../domain/axes.js';
import { healthOrder, syncOrder } from '../domain/cluster-rollup.js';
import type { Freshness } from '../domain/freshness.js';
import { labelSelectorSql } from './label-selector-sql.js';
import type { ClusterRow, ClusterView } from './cluster-view.js';
import { clusterView } from './cluster-view.js';
import { freshnessSql, isLiveSql } from './freshness-sql.js';

export interface ClusterFilters {
  readonly labelSelector?: string | undefined;
  readonly freshness?: readonly Freshness[] | undefined;
  readonly ready?: boolean | undefined;
  readonly q?: string | undefined;
}

/** Clusters by name, each with the roll-up of its objects. */
@Injectable()
export class ClusterList {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
  ) {}

  async page(query: ClusterFilters & PageRequest): Promise<Page<ClusterView>> {
    const where = this.conditions(query);
    return readPage(this.database, query, {
      from: 'fleet_clusters c',
      where,
      key: byName('c.name'),
      read: (where, limit) => this.read(this.database.manager, where, limit),
    });
  }

  /** @throws HubError NotFound */
  async byName(name: string, manager: EntityManager = this.database.manager): Promise<ClusterView> {
    const where = new SqlConditions();
    where.anyOf('c.name', [name]);
    const [view] = await this.read(manager, where, 1);
    if (view) return view;
    throw notFound(`cluster "${name}" does not exist`, {
      remedy: 'flotilla get clusters lists the known ones',
    });
  }

  /** Those of the ids that exist. */
  async byIds(ids: readonly string[]): Promise<readonly ClusterView[]> {
    const where = new SqlConditions();
    where.anyOf('c.id', ids);
    return this.read(this.database.manager, where, ids.length);
  }

  private conditions({ labelSelector, freshness, ready, q }: ClusterFilters): SqlConditions {
    const now = this.clock.now();
    const where = new SqlConditions();
    if (labelSelector !== undefined) where.add((bind) => labelSelectorSql(labelSelector, 'c.labels', bind));
    if (freshness !== undefined)
      where.add((bind) => `${freshnessSql('c.observed_at', bind(now))} = ANY(${bind(freshness)})`);
    if (q !== undefined) where.add((bind) => `strpos(lower(c.name), lower(${bind(q)})) > 0`);
    // Plain conjunctions are what the planner can estimate.
    if (ready !== undefined)
      where.add((bind) => (ready ? readySql(bind(now)) : `NOT (${readySql(bind(now))})`));
    return where;
  }

  private async read(
    manager: EntityManager,
    where: SqlConditions,
    limit: number,
  ): Promise<readonly ClusterView[]> {
    const page = `SELECT c.* FROM fleet_clusters c ${where.sql} ORDER BY c.name LIMIT ${limit}`;
    const at = where.values.length;
    const orders = { sync: at + 1, health: at + 2, intent: at + 3 };
    const rows: ClusterRow[] = await manager.query(clusterSql(page, orders), [
      ...where.values,
      syncOrder,
      healthOrder,
      intentStates,
    ]);
    const now = this.clock.now();
    return rows.map((row) => clusterView(row, now));
  }
}

/** Live, not refused, and at least one object, all of them good. */
function readySql(now: string): string {
  return `${isLiveSql('c.observed_at', now)} AND NOT c.revoked
    AND EXISTS (SELECT FROM object_statuses o WHERE o.cluster_id = c.id)
    AND NOT EXISTS (SELECT FROM fleet_objects o WHERE o.cluster_id = c.id
      AND (o.sync <> 'Synced' OR o.health <> 'Healthy'))`;
}

/** The page of clusters first, then the objects of only these. */
function clusterSql(
  page: string,
  orders: { readonly sync: number; readonly health: number; readonly intent: number },
): string {
  return `SELECT page.id, page.name, page.labels, page.refusal, page.revoked, page.observed_at AS "observedAt",
      page.enrolled_at AS "enrolledAt", page.connected, page.agent_version AS "agentVersion",
      page.kubernetes_version AS "kubernetesVersion", certificate.not_after AS "certificateExpiresAt",
      rollup.*, coalesce(root.revision, rollup."onlyRevision") AS revision,
      failure.kind AS "failureKind", failure.namespace AS "failureNamespace", failure.name AS "failureName",
      failure.reason AS "failureReason", failure.message AS "failureMessage",
      standing.version AS "standingVersion", taken.acknowledged AS "standingAcknowledged",
      taken.refusal AS "standingRefusal"
    FROM (${page}) page
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS total,
        count(*) FILTER (WHERE o.sync = 'Synced' AND o.health = 'Healthy')::int AS good,
        count(*) FILTER (WHERE o.sync = 'Failed' OR o.health = 'Unhealthy')::int AS failed,
        count(*) FILTER (WHERE o.suspended)::int AS suspended,
        count(*) FILTER (WHERE o.sync = 'Progressing' OR o.health = 'Progressing')::int AS progressing,
        count(*) FILTER (WHERE o.sync = 'OutOfSync')::int AS "outOfSync",
        count(*) FILTER (WHERE o.sync = 'Unknown' OR o.health = 'Unknown')::int AS unknown,
        max(array_position($${orders.sync}::text[], o.sync)) AS "syncRank",
        max(array_position($${orders.health}::text[], o.health)) AS "healthRank",
        max(array_position($${orders.intent}::text[], o.intent)) AS "intentRank",
        count(*) FILTER (WHERE o.gate_state = 'Pinned')::int AS pinned,
        count(*) FILTER (WHERE o.gate_state = 'Moving')::int AS moving,
        count(*) FILTER (WHERE o.gate_state = 'Held')::int AS held,
        count(*) FILTER (WHERE o.gate_state = 'Frozen')::int AS frozen,
        count(*) FILTER (WHERE o.gate_state = 'Refused')::int AS refused,
        CASE WHEN count(DISTINCT o.revision) FILTER (WHERE o.kind = 'Kustomization') = 1
          THEN max(o.revision) FILTER (WHERE o.kind = 'Kustomization') END AS "onlyRevision"
      FROM fleet_objects o WHERE o.cluster_id = page.id
    ) rollup
    LEFT JOIN LATERAL (
      SELECT o.revision FROM object_statuses o
      WHERE o.cluster_id = page.id AND o.kind = 'Kustomization' AND o.namespace = 'flux-system' AND o.name = 'flux-system'
      LIMIT 1
    ) root ON true
    LEFT JOIN LATERAL (
      SELECT o.kind, o.namespace, o.name, o.reason, o.message FROM object_statuses o
      WHERE o.cluster_id = page.id AND (o.sync = 'Failed' OR o.health = 'Unhealthy')
      ORDER BY o.changed_at, o.key LIMIT 1
    ) failure ON true
    LEFT JOIN LATERAL (
      SELECT max(certificates.not_after) AS not_after FROM cluster_certificates certificates
      WHERE certificates.cluster_id = page.id AND certificates.revoked_at IS NULL
    ) certificate ON true
    LEFT JOIN standing_sets standing ON standing.cluster_id = page.id
    LEFT JOIN LATERAL (
      SELECT min(coalesce(d.acknowledged_version, 0)) AS acknowledged,
        min(d.refusal) FILTER (WHERE d.refusal <> '') AS refusal
      FROM agents a LEFT JOIN standing_deliveries d ON d.cluster_id = a.cluster_id AND d.shard = a.shard
      WHERE a.cluster_id = page.id
    ) taken ON true
    ORDER BY page.name`;
}
