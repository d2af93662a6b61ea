import { Injectable } from '@nestjs/common';
import type { DocumentProblem } from '@flotilla/common/fleet-api/document';
import { selectorOf } from '@flotilla/common/fleet-api/cluster-selector';
import type { PipelineSpec } from '@flotilla/common/fleet-api/pipeline';
import { formatSelector } from '@flotilla/common/labels/selector';
import type { EntityManager } from 'typeorm';
import { checkFleet } from './domain/check-fleet.js';
import type { FleetEnvironment } from './domain/check-fleet.js';
import { environmentOf, PipelineStore } from './pipeline.store.js';

/** Reads what a pipeline is checked against. */
@Injectable()
export class PipelineCheck {
  constructor(private readonly store: PipelineStore) {}

  async check(manager: EntityManager, spec: PipelineSpec): Promise<readonly DocumentProblem[]> {
    const names = new Set([
      ...spec.environments.map(({ name }) => name),
      ...spec.environments.flatMap(({ gates }) => [...gates.before, ...gates.after].flatMap(namedByGate)),
    ]);
    const environments = new Map<string, FleetEnvironment>();
    for (const stored of await this.store.environments.some(manager, [...names])) {
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

type AnyGate = PipelineSpec['environments'][number]['gates']['before'][number];

function namedByGate(gate: AnyGate): readonly string[] {
  return gate.type === 'health' ? (gate.environments ?? []) : [];
}
