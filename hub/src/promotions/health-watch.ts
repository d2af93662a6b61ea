import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Pipelines } from '../pipelines/pipelines.js';
import { healthEnvironments } from './domain/gates/health.js';
import { laneText } from './lane-bell.js';
import { laneSetup } from './lane-observer.js';
import type { LaneKey } from './promotion.store.js';

interface WaitingLane extends LaneKey {
  readonly stage: 'before' | 'after';
}

/** Which lanes wait for the health of which clusters, so that a report is acted on at once. */
@Injectable()
export class HealthWatch {
  private lanes = new Map<string, ReadonlySet<string>>();

  constructor(private readonly pipelines: Pipelines) {}

  /** Lanes that wait for one of these clusters. */
  lanesOf(clusterIds: ReadonlySet<string>): readonly string[] {
    return [...this.lanes]
      .filter(([, ids]) => [...clusterIds].some((id) => ids.has(id)))
      .map(([lane]) => lane);
  }

  async refresh(manager: EntityManager): Promise<void> {
    const waiting: WaitingLane[] = await manager.query(
      `SELECT DISTINCT p.pipeline, p.environment, g.stage FROM promotions p
       JOIN promotion_gates g ON g.promotion_id = p.id AND g.type = 'health' AND g.phase = 'wait'
         AND g.stage = CASE p.state WHEN 'Verifying' THEN 'after' ELSE 'before' END
       WHERE p.ended_at IS NULL`,
    );
    const lanes = new Map<string, ReadonlySet<string>>();
    for (const lane of waiting) lanes.set(laneText(lane), await this.clustersOf(manager, lane));
    this.lanes = lanes;
  }

  private async clustersOf(
    manager: EntityManager,
    { stage, ...lane }: WaitingLane,
  ): Promise<ReadonlySet<string>> {
    const setup = laneSetup(await this.pipelines.get(manager, lane.pipeline), lane.environment);
    const names = (setup?.environment.gates[stage] ?? []).flatMap((gate) =>
      gate.type === 'health' ? healthEnvironments(gate, stage, lane.environment, setup?.before ?? []) : [],
    );
    const ids = new Set<string>();
    for (const name of new Set(names))
      for (const { clusterId } of await this.pipelines.members(manager, name)) ids.add(clusterId);
    return ids;
  }
}
