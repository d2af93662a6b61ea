import { Inject, Injectable, Optional } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SqlConditions } from '../../paging/sql-conditions.js';
import { Clock } from '../../platform/clock.js';
import type { CommitPlace } from '../commit-places.js';
import { CommitPlaces } from '../commit-places.js';
import type { Sync } from '../domain/axes.js';
import type { CommitQuery } from '../domain/commit.js';
import { matchesCommit } from '../domain/commit.js';
import type { Freshness } from '../domain/freshness.js';
import { freshnessOf } from '../domain/freshness.js';
import { repositoryOf } from '../domain/repository.js';
import type { Follower, WhereDecision, WhereState } from '../domain/where.js';
import { whereOnCluster, whereStates } from '../domain/where.js';
import { commitSql } from './commit-sql.js';
import { labelSelectorSql } from './label-selector-sql.js';

export interface WhereAnswer {
  readonly clusters: readonly (WhereDecision & {
    readonly cluster: string;
    readonly freshness: Freshness;
    readonly observedAt: Date | null;
    /** Where it is in pipelines, by environment. */
    readonly promotions: readonly CommitPlace[];
  })[];
  readonly summary: Readonly<Record<WhereState, number>>;
}

interface ClusterRow {
  readonly id: string;
  readonly name: string;
  readonly observedAt: Date | null;
}

/** A Kustomization and its source in one row, or several that are alike. */
interface FollowerRow {
  readonly clusterId: string;
  readonly count: number;
  readonly namespace: string;
  readonly name: string;
  readonly sync: Sync;
  readonly reason: string;
  readonly message: string;
  readonly revision: string;
  readonly attemptedRevision: string;
  readonly changedAt: Date;
  readonly passedAt: Date | null;
  readonly sourceKind: string | null;
  readonly sourceNamespace: string;
  readonly sourceName: string;
  readonly sourceSync: Sync;
  readonly sourceReason: string;
  readonly sourceMessage: string;
  readonly sourceRevision: string;
  readonly url: string | null;
}

/** How far a commit has come on each cluster. */
@Injectable()
export class WhereCommit {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    @Optional() @Inject(CommitPlaces) private readonly places?: CommitPlaces,
  ) {}

  async answer(query: CommitQuery, labelSelector: string | undefined): Promise<WhereAnswer> {
    const [clusters, rows, places] = await Promise.all([
      this.clusters(labelSelector),
      this.followers(query),
      this.places?.of(query),
    ]);
    const followers = followersByCluster(rows, query);
    const now = this.clock.now();
    const answers = clusters.map(({ id, name, observedAt }) => {
      const freshness = freshnessOf(observedAt, now);
      return {
        cluster: name,
        freshness,
        observedAt,
        ...whereOnCluster(query, freshness, followers.get(id) ?? []),
        promotions: places?.get(id) ?? [],
      };
    });
    return { clusters: answers, summary: countStates(answers) };
  }

  private async clusters(labelSelector: string | undefined): Promise<readonly ClusterRow[]> {
    const where = new SqlConditions();
    if (labelSelector !== undefined) where.add((bind) => labelSelectorSql(labelSelector, 'c.labels', bind));
    return this.database.query(
      `SELECT c.id, c.name, c.observed_at AS "observedAt" FROM fleet_clusters c ${where.sql} ORDER BY c.name`,
      where.values,
    );
  }

  /** Kustomizations that are alike come as one row with their number; only failures have names and texts. */
  private async followers(query: CommitQuery): Promise<readonly FollowerRow[]> {
    const failed = (row: string, column: string) =>
      `CASE WHEN ${row}.sync = 'Failed' THEN ${row}.${column} ELSE '' END`;
    const passed = new SqlConditions();
    passed.add((bind) => commitSql(query, 'r.revision', bind));
    return this.database.query(
      `WITH passed AS (
        SELECT r.cluster_id, r.object_key, min(r.first_at) AS first_at FROM object_revisions r ${passed.sql}
        GROUP BY r.cluster_id, r.object_key
      )
      SELECT k.cluster_id AS "clusterId", count(*)::int AS count, k.sync, ${failed('k', 'namespace')} AS namespace,
        ${failed('k', 'name')} AS name, ${failed('k', 'reason')} AS reason, ${failed('k', 'message')} AS message,
        k.revision, k.attempted_revision AS "attemptedRevision", max(k.changed_at) AS "changedAt",
        max(passed.first_at) FILTER (WHERE now.first_at >= passed.first_at) AS "passedAt",
        s.kind AS "sourceKind", s.namespace AS "sourceNamespace", s.name AS "sourceName", s.sync AS "sourceSync",
        ${failed('s', 'reason')} AS "sourceReason", ${failed('s', 'message')} AS "sourceMessage",
        s.revision AS "sourceRevision", s.url
      FROM object_statuses k
      LEFT JOIN fleet_artifacts s ON s.cluster_id = k.cluster_id AND s.kind = k.source_kind
        AND s.namespace = k.source_namespace AND s.name = k.source_name
      LEFT JOIN passed ON passed.cluster_id = k.cluster_id AND passed.object_key = k.key
      LEFT JOIN object_revisions now ON passed.cluster_id IS NOT NULL
        AND now.cluster_id = k.cluster_id AND now.object_key = k.key AND now.revision = k.revision
      WHERE k.kind = 'Kustomization'
      GROUP BY 1, 3, 4, 5, 6, 7, 8, 9, now.first_at >= passed.first_at, 12, 13, 14, 15, 16, 17, 18, 19`,
      passed.values,
    );
  }
}

/** Only what builds from a repository that holds the commit; from any, while nobody has seen the commit. */
function followersByCluster(
  rows: readonly FollowerRow[],
  query: CommitQuery,
): ReadonlyMap<string, readonly Follower[]> {
  const repositories = new Set(
    rows.filter((row) => knowsCommit(row, query)).flatMap(({ url }) => (url ? [repositoryOf(url)] : [])),
  );
  const followers = new Map<string, Follower[]>();
  for (const row of rows) {
    const follows =
      repositories.size === 0 ||
      (row.url ? repositories.has(repositoryOf(row.url)) : knowsCommit(row, query));
    if (!follows) continue;
    const list = followers.get(row.clusterId) ?? [];
    list.push(followerOf(row));
    followers.set(row.clusterId, list);
  }
  return followers;
}

function knowsCommit(row: FollowerRow, query: CommitQuery): boolean {
  const revisions = [row.revision, row.attemptedRevision, row.sourceRevision ?? ''];
  return row.passedAt !== null || revisions.some((revision) => matchesCommit(revision, query));
}

function followerOf(row: FollowerRow): Follower {
  const source = {
    kind: row.sourceKind ?? '',
    namespace: row.sourceNamespace,
    name: row.sourceName,
    sync: row.sourceSync,
    reason: row.sourceReason,
    message: row.sourceMessage,
    revision: row.sourceRevision,
  };
  return { ...row, kind: 'Kustomization', source: row.sourceKind === null ? null : source };
}

function countStates(answers: readonly { readonly state: WhereState }[]): Record<WhereState, number> {
  const count = (state: WhereState) => answers.filter((answer) => answer.state === state).length;
  return Object.fromEntries(whereStates.map((state) => [state, count(state)])) as Record<WhereState, number>;
}
