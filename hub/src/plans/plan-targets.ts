import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { labelSelectorSql } from '../fleet/read-models/label-selector-sql.js';
import { SqlConditions } from '../paging/sql-conditions.js';
import { Pipelines } from '../pipelines/pipelines.js';
import { invalid, notFound } from '../platform/errors/hub-error.js';
import type { PullRequest } from './domain/pull-request.js';
import { repositoryKey } from './domain/repository-url.js';

/** A cluster and a source in it whose other ref is to be planned. */
export interface PlanTarget {
  readonly clusterId: string;
  readonly cluster: string;
  readonly revoked: boolean;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** The cluster reports it. */
  readonly reported: boolean;
}

export interface TargetRequest {
  /** `NAME`, `NAMESPACE/NAME` or `GitRepository/NAMESPACE/NAME`; absent: the only one there is. */
  readonly source?: string | undefined;
  /** Instead of a source: all Git sources of a pipeline, in the clusters of its environments. */
  readonly pipeline?: string | undefined;
  readonly clusters?: readonly string[] | undefined;
  readonly labelSelector?: string | undefined;
}

interface SourceName {
  readonly namespace: string | null;
  readonly name: string;
}

type SeenSource = Omit<PlanTarget, 'reported'> & { readonly url: string; readonly ref: string };

const kind = 'GitRepository';

/** Finds which sources of which clusters a plan is about. */
@Injectable()
export class PlanTargets {
  constructor(private readonly pipelines: Pipelines) {}

  /** @throws HubError NotFound for unknown names, Invalid when there is nothing to plan or too much to choose from */
  async of(manager: EntityManager, request: TargetRequest): Promise<readonly PlanTarget[]> {
    const { pipeline, clusters } = request;
    if (clusters !== undefined) await refuseUnknown(manager, clusters);
    const chosen = pipeline === undefined ? null : await this.ofPipeline(manager, pipeline);
    const seen = await seenSources(manager, chosenClusters(request, chosen?.clusterIds));
    const names = chosen?.sources ?? [sourceOf(request, seen)];
    const found = seen.filter((one) => names.some((name) => isNamed(one, name)));
    if (found.length === 0) throw nothingToPlan(request);
    const targets = found
      .filter(({ revoked }) => !revoked || clusters !== undefined)
      .map(({ url: _url, ref: _ref, ...target }) => ({ ...target, reported: true }));
    const [first] = found;
    const missing = await withoutSource(manager, clusters ?? [], targets);
    return [...targets, ...missing.map((one) => ({ ...first!, ...one, reported: false }))];
  }

  /** The sources that follow the branch which the pull request is for, in all clusters. */
  async ofPullRequest(manager: EntityManager, { urls, base }: PullRequest): Promise<readonly PlanTarget[]> {
    const keys = new Set(urls.flatMap((url) => repositoryKey(url) ?? []));
    const where = new SqlConditions();
    where.add(() => 'NOT c.revoked');
    return (await seenSources(manager, where))
      .filter(({ url }) => keys.has(repositoryKey(url) ?? ''))
      .filter(({ ref }) => !ref.startsWith('branch ') || ref === `branch ${base}`)
      .map(({ url: _url, ref: _ref, ...target }) => ({ ...target, reported: true }));
  }

  private async ofPipeline(
    manager: EntityManager,
    name: string,
  ): Promise<{ sources: readonly SourceName[]; clusterIds: readonly string[] }> {
    const pipeline = await this.pipelines.get(manager, name);
    if (!pipeline) throw notFound(`pipeline "${name}" does not exist`, { field: 'pipeline' });
    const sources = Object.values(pipeline.spec.sources).filter((source) => source.kind === kind);
    if (sources.length === 0)
      throw invalid('pipeline', `pipeline "${name}" has no ${kind}; only refs of Git can be planned`);
    const clusterIds = new Set<string>();
    for (const { name: environment } of pipeline.spec.environments)
      for (const { clusterId } of await this.pipelines.members(manager, environment))
        clusterIds.add(clusterId);
    return { sources, clusterIds: [...clusterIds] };
  }
}

function chosenClusters(
  { clusters, labelSelector }: TargetRequest,
  ids: readonly string[] | undefined,
): SqlConditions {
  const where = new SqlConditions();
  where.anyOf('c.name', clusters);
  where.anyOf('c.id', ids);
  if (labelSelector !== undefined) where.add((bind) => labelSelectorSql(labelSelector, 'c.labels', bind));
  return where;
}

async function seenSources(manager: EntityManager, where: SqlConditions): Promise<readonly SeenSource[]> {
  where.add((bind) => `o.kind = ${bind(kind)}`);
  return manager.query(
    `SELECT c.id AS "clusterId", c.name AS cluster, c.revoked, o.api_version AS "apiVersion", o.kind, o.namespace,
       o.name, o.source_url AS url, o.source_ref AS ref
     FROM fleet_clusters c JOIN object_statuses o ON o.cluster_id = c.id ${where.sql}
     ORDER BY c.name, o.namespace, o.name`,
    where.values,
  );
}

/** The source that is meant. @throws HubError Invalid when it is not clear */
function sourceOf({ source }: TargetRequest, seen: readonly SeenSource[]): SourceName {
  const all = [...new Set(seen.map(({ namespace, name }) => `${namespace}/${name}`))].sort();
  if (source === undefined) {
    const [only, another] = all;
    if (only !== undefined && another === undefined) return parseSource(only);
    throw invalid('source', all.length === 0 ? `no cluster reports a ${kind}` : 'there are several sources', {
      remedy:
        all.length === 0
          ? 'flotilla get objects shows what there is'
          : `name one of ${all.slice(0, 10).join(', ')}`,
    });
  }
  const name = parseSource(source);
  const meant = all.filter((text) => isNamed(parseSource(text), name));
  const [only, another] = meant;
  if (only === undefined || another === undefined) return name;
  throw invalid('source', `source "${source}" is in several namespaces`, {
    remedy: `name one of ${meant.slice(0, 10).join(', ')}`,
  });
}

function parseSource(text: string): SourceName {
  const parts = text.split('/');
  const name = parts.at(-1) ?? '';
  if (parts.length === 1) return { namespace: null, name };
  if (parts.length === 2) return { namespace: parts[0]!, name };
  if (parts.length === 3 && parts[0] === kind) return { namespace: parts[1]!, name };
  throw invalid('source', `source "${text}": expected NAME, NAMESPACE/NAME or ${kind}/NAMESPACE/NAME`);
}

function isNamed(one: SourceName, wanted: SourceName): boolean {
  return one.name === wanted.name && (wanted.namespace === null || one.namespace === wanted.namespace);
}

async function refuseUnknown(manager: EntityManager, names: readonly string[]): Promise<void> {
  const rows = await manager.query<{ name: string }[]>('SELECT name FROM clusters WHERE name = ANY($1)', [
    names,
  ]);
  const known = new Set(rows.map(({ name }) => name));
  const missing = names.filter((name) => !known.has(name));
  if (missing.length === 0) return;
  const shown = missing.slice(0, 10).map((name) => `"${name}"`);
  throw notFound(`cluster ${shown.join(', ')} does not exist`, {
    field: 'clusters',
    remedy: 'flotilla get clusters lists the known ones',
  });
}

/** Clusters that were named and do not have the source: they answer, too, and say so. */
async function withoutSource(
  manager: EntityManager,
  names: readonly string[],
  targets: readonly PlanTarget[],
): Promise<readonly Pick<PlanTarget, 'clusterId' | 'cluster' | 'revoked'>[]> {
  const found = new Set(targets.map(({ cluster }) => cluster));
  const missing = names.filter((name) => !found.has(name));
  if (missing.length === 0) return [];
  return manager.query(
    `SELECT c.id AS "clusterId", c.name AS cluster, c.revoked FROM fleet_clusters c WHERE c.name = ANY($1)
     ORDER BY c.name`,
    [missing],
  );
}

function nothingToPlan({ source, pipeline, labelSelector }: TargetRequest): Error {
  const what = pipeline === undefined ? `source "${source ?? ''}"` : `pipeline "${pipeline}"`;
  const field = pipeline === undefined ? (source === undefined ? 'labelSelector' : 'source') : 'pipeline';
  const where = labelSelector === undefined ? '' : ` with labelSelector "${labelSelector}"`;
  return invalid(field, `${what}: no cluster${where} reports it as a ${kind}`, {
    remedy: 'flotilla get objects --kind GitRepository shows what there is',
  });
}
