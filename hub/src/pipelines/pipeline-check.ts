import { Injectable } from '@nestjs/common';
import type { DocumentProblem } from '@flotilla/common/fleet-api/document';
import { selectorOf } from '@flotilla/common/fleet-api/cluster-selector';
import type { PipelineSpec } from '@flotilla/common/fleet-api/pipeline';
import { formatSelector } from '@flotilla/common/labels/selector';
import type { EntityManager } from 'typeorm';
import { checkFleet } from './domain/check-fleet.js';
import type { FleetEnvironment } from './domain/check-fleet.js';
import { environmentsOf } from './domain/environments-of.js';
import { environmentOf, PipelineStore } from './pipeline.store.js';

/** Reads what a pipeline is checked against. */
@Injectable()
export class PipelineCheck {
  constructor(private readonly store: PipelineStore) {}

  async check(manager: EntityManager, spec: PipelineSpec): Promise<readonly DocumentProblem[]> {
    const environments = new Map<string, FleetEnvironment>();
    for (const stored of await this.store.environments.some(manager, environmentsOf(spec))) {
      const environment = environmentOf(stored);
      environments.set(stored.name, {
        allowEmpty: environment.allowEmpty,
        selector: formatSelector(selectorOf(environment.selector)),
        members: await this.store.matching(manager, environment),
      });
    }
    return checkFleet(spec, environments);
  }
}
