import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { PipelineRecord } from '../pipelines/pipelines.js';
import { Pipelines } from '../pipelines/pipelines.js';

/** What the document of an environment says about its clusters. */
@Injectable()
export class EnvironmentRules {
  constructor(private readonly pipelines: Pipelines) {}

  /** An environment that may be empty, and is: promotions wait for its first cluster. Null where nothing waits. */
  async obstacle(manager: EntityManager, environment: string): Promise<readonly [string] | null> {
    const members = await this.pipelines.members(manager, environment);
    if (members.length > 0 || !(await this.mayBeEmpty(manager, environment))) return null;
    return [`environment ${environment} matches no cluster yet`];
  }

  /** A cluster that labels have brought into a second environment of the pipeline since: it would take two releases. */
  async overlap(
    manager: EntityManager,
    { name, spec }: PipelineRecord,
    environment: string,
  ): Promise<readonly [string] | null> {
    const others = spec.environments.map((one) => one.name).filter((one) => one !== environment);
    const [shared] = await this.pipelines.sharedWith(manager, environment, others);
    if (!shared) return null;
    const [other, cluster] = shared;
    return [
      `cluster ${cluster.name} is in ${environment} and in ${other} of pipeline ${name}, and would take the releases of both: change its labels`,
    ];
  }

  private async mayBeEmpty(manager: EntityManager, environment: string): Promise<boolean> {
    const rows: unknown[] = await manager.query(
      `SELECT 1 FROM environments e WHERE e.name = $1 AND (e.spec ->> 'allowEmpty')::boolean`,
      [environment],
    );
    return rows.length > 0;
  }
}
