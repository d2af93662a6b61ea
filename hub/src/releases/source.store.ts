import { Injectable } from '@nestjs/common';
import { EnvironmentSpec } from '@flotilla/common/fleet-api/environment';
import { selectorOf } from '@flotilla/common/fleet-api/cluster-selector';
import type { EntityManager } from 'typeorm';
import { freshnessSql } from '../fleet/read-models/freshness-sql.js';
import { selectorSql } from '../fleet/read-models/label-selector-sql.js';
import { SqlConditions } from '../paging/sql-conditions.js';
import type { SourceKey } from '../standing/standing.js';
import type { SeenRevision, SourceHistory } from './domain/newest-revision.js';
import type { KnownRevision } from './domain/resolve-revision.js';
import { sourceName } from './domain/source-name.js';

/** What the fleet says of a source. */
export interface ObservedSource {
  readonly url: string;
  readonly revisions: readonly SeenRevision[];
}

/** Where the ref of a gated source points to; else what it holds. */
const newestSql = `coalesce(nullif(o.gate_newest_revision, ''), o.revision)`;

/** What agents report of the sources of pipelines, and which revisions of them have been the newest. */
@Injectable()
export class SourceStore {
  /** By name of the source, as the clusters of the environments see it that are not lost. */
  async observed(
    manager: EntityManager,
    sources: readonly SourceKey[],
    environments: readonly string[],
    now: Date,
  ): Promise<ReadonlyMap<string, ObservedSource>> {
    const where = new SqlConditions();
    where.add(() => 'NOT c.revoked');
    where.add((bind) => `${freshnessSql('c.observed_at', bind(now))} <> 'Lost'`);
    const specs: { spec: unknown }[] = await manager.query(
      'SELECT spec FROM environments WHERE name = ANY($1)',
      [environments],
    );
    where.add(
      (bind) =>
        specs
          .map(({ spec }) => selectorSql(selectorOf(EnvironmentSpec.parse(spec).selector), 'c.labels', bind))
          .map((sql) => `(${sql})`)
          .join(' OR ') || 'false',
    );
    const from = where.values.length;
    const rows: (SourceKey & SeenRevision & { url: string })[] = await manager.query(
      `SELECT o.kind, o.namespace, o.name, ${newestSql} AS revision, count(DISTINCT o.cluster_id)::int AS clusters,
         max(o.changed_at) AS at, max(o.source_url) AS url
       FROM fleet_clusters c
       CROSS JOIN unnest($${from + 1}::text[], $${from + 2}::text[], $${from + 3}::text[]) AS s (kind, namespace, name)
       JOIN object_statuses o ON o.cluster_id = c.id AND o.kind = s.kind AND o.namespace = s.namespace
         AND o.name = s.name AND ${newestSql} <> ''
       ${where.sql} GROUP BY 1, 2, 3, 4`,
      [
        ...where.values,
        sources.map(({ kind }) => kind),
        sources.map(({ namespace }) => namespace),
        sources.map(({ name }) => name),
      ],
    );
    const found = new Map<string, ObservedSource>();
    for (const row of rows) {
      const name = sourceName(row);
      const before = found.get(name);
      found.set(name, { url: before?.url || row.url, revisions: [...(before?.revisions ?? []), row] });
    }
    return found;
  }

  /** Every revision of a source that the fleet has or sees on the remote. */
  async known(
    manager: EntityManager,
    { kind, namespace, name }: SourceKey,
  ): Promise<readonly (KnownRevision & { url: string })[]> {
    return manager.query(
      `SELECT DISTINCT r.revision, o.source_ref AS ref, o.source_url AS url FROM object_statuses o,
         LATERAL (VALUES (o.revision), (o.gate_newest_revision), (o.gate_pinned_revision)) AS r (revision)
       WHERE o.kind = $1 AND o.namespace = $2 AND o.name = $3 AND r.revision <> ''`,
      [kind, namespace, name],
    );
  }

  /** Who wrote a revision, as agents that have it say. */
  async authors(
    manager: EntityManager,
    { kind, namespace, name }: SourceKey,
    revision: string,
  ): Promise<readonly string[]> {
    const rows: { author: string }[] = await manager.query(
      `SELECT DISTINCT o.revision_author AS author FROM object_statuses o WHERE o.kind = $1 AND o.namespace = $2
         AND o.name = $3 AND o.revision = $4 AND o.revision_author <> '' ORDER BY 1`,
      [kind, namespace, name, revision],
    );
    return rows.map(({ author }) => author);
  }

  /** By name of the source. */
  async histories(manager: EntityManager, pipeline: string): Promise<ReadonlyMap<string, SourceHistory>> {
    const rows: (SourceHistory & { source: string })[] = await manager.query(
      'SELECT source, revision, seen FROM release_sources WHERE pipeline = $1',
      [pipeline],
    );
    return new Map(rows.map(({ source, revision, seen }) => [source, { revision, seen }]));
  }

  async remember(
    manager: EntityManager,
    pipeline: string,
    source: string,
    { revision, seen }: SourceHistory,
    now: Date,
  ): Promise<void> {
    await manager.query(
      `INSERT INTO release_sources (pipeline, source, revision, seen, changed_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (pipeline, source) DO UPDATE SET revision = excluded.revision, seen = excluded.seen,
         changed_at = excluded.changed_at`,
      [pipeline, source, revision, JSON.stringify(seen), now],
    );
  }
}
