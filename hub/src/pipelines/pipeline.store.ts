import { Injectable } from '@nestjs/common';
import { EnvironmentSpec } from '@flotilla/common/fleet-api/environment';
import { selectorOf } from '@flotilla/common/fleet-api/cluster-selector';
import { PipelineSpec } from '@flotilla/common/fleet-api/pipeline';
import type { EntityManager } from 'typeorm';
import { selectorSql } from '../fleet/read-models/label-selector-sql.js';
import { SqlConditions } from '../paging/sql-conditions.js';
import { DocumentStore } from './document.store.js';
import type { StoredDocument } from './document.store.js';
import { lookedAt } from './domain/environments-of.js';
import type { Member, PipelineRecord } from './pipelines.js';
import { Pipelines } from './pipelines.js';

/** Who counts as a member: clusters that have not been cut off. */
export const isMemberSql = 'NOT c.revoked';

const memberColumns = `c.id AS "clusterId", c.name, c.labels, c.observed_at AS "observedAt", c.connected`;

/** The tables of environments and pipelines, as the other features see them. */
@Injectable()
export class PipelineStore extends Pipelines {
  readonly environments = new DocumentStore('environments');
  readonly pipelines = new DocumentStore('pipelines');

  async get(manager: EntityManager, name: string): Promise<PipelineRecord | null> {
    const stored = await this.pipelines.get(manager, name);
    return stored && pipelineOf(stored);
  }

  async all(manager: EntityManager): Promise<readonly PipelineRecord[]> {
    return (await this.pipelines.all(manager)).map(pipelineOf);
  }

  async members(manager: EntityManager, environment: string): Promise<readonly Member[]> {
    const stored = await this.environments.get(manager, environment);
    return stored === null ? [] : this.matching(manager, environmentOf(stored));
  }

  async membersOf(
    manager: EntityManager,
    environments: readonly string[],
  ): Promise<ReadonlyMap<string, readonly Member[]>> {
    const members = new Map<string, Member[]>(environments.map((name) => [name, []]));
    const stored = members.size === 0 ? [] : await this.environments.some(manager, [...members.keys()]);
    if (stored.length === 0) return members;
    const values: unknown[] = [];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const parts = stored.map((document) => {
      const matches = selectorSql(selectorOf(environmentOf(document).selector), 'c.labels', bind);
      return `SELECT ${bind(document.name)}::text AS environment, ${memberColumns} FROM fleet_clusters c
        WHERE ${isMemberSql} AND (${matches})`;
    });
    const rows: (Member & { environment: string })[] = await manager.query(
      `${parts.join(' UNION ALL ')} ORDER BY name`,
      values,
    );
    for (const { environment, ...member } of rows) members.get(environment)!.push(member);
    return members;
  }

  async sharedWith(
    manager: EntityManager,
    environment: string,
    others: readonly string[],
  ): Promise<ReadonlyMap<string, Pick<Member, 'clusterId' | 'name'>>> {
    const names = [...new Set([environment, ...others])];
    const stored = others.length === 0 ? [] : await this.environments.some(manager, names);
    const own = stored.find(({ name }) => name === environment);
    const theirs = stored.filter(({ name }) => others.includes(name));
    if (!own || theirs.length === 0) return new Map();
    const values: unknown[] = [];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const matches = (document: StoredDocument) =>
      selectorSql(selectorOf(environmentOf(document).selector), 'c.labels', bind);
    const mine = `SELECT c.id, c.name, c.labels FROM fleet_clusters c WHERE ${isMemberSql} AND (${matches(own)})`;
    const parts = theirs.map(
      (document) => `(SELECT ${bind(document.name)}::text AS environment, c.id AS "clusterId", c.name
        FROM mine c WHERE ${matches(document)} ORDER BY c.name LIMIT 1)`,
    );
    const rows: { environment: string; clusterId: string; name: string }[] = await manager.query(
      `WITH mine AS MATERIALIZED (${mine}) ${parts.join(' UNION ALL ')}`,
      values,
    );
    return new Map(rows.map(({ environment: name, ...cluster }) => [name, cluster]));
  }

  /** The clusters that an environment with this spec has now, by name. */
  async matching(manager: EntityManager, { selector }: EnvironmentSpec): Promise<readonly Member[]> {
    const where = new SqlConditions();
    where.add(() => isMemberSql);
    where.add((bind) => selectorSql(selectorOf(selector), 'c.labels', bind));
    return manager.query(
      `SELECT ${memberColumns} FROM fleet_clusters c ${where.sql} ORDER BY c.name`,
      where.values,
    );
  }

  /** Pipelines that have one of these environments, by name. */
  async using(manager: EntityManager, environments: readonly string[]): Promise<readonly PipelineRecord[]> {
    const all = environments.length === 0 ? [] : await this.all(manager);
    return all.filter(({ spec }) => spec.environments.some(({ name }) => environments.includes(name)));
  }

  /** Pipelines that look at an environment by a health gate, by name. */
  async lookingAt(manager: EntityManager, environment: string): Promise<readonly PipelineRecord[]> {
    return (await this.all(manager)).filter(({ spec }) => lookedAt(spec).includes(environment));
  }
}

/** A row in the form of its schema: fields that are newer than the row get their defaults. */
export function pipelineOf({ name, generation, spec }: StoredDocument): PipelineRecord {
  return { name, generation, spec: PipelineSpec.parse(spec) };
}

export function environmentOf({ spec }: StoredDocument): EnvironmentSpec {
  return EnvironmentSpec.parse(spec);
}
