import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { EnvironmentProgress, NextGate } from '../../pipelines/pipelines.js';
import { PipelineProgress } from '../../pipelines/pipelines.js';
import { Rollouts } from '../../rollouts/rollouts.js';
import type { RolloutSummary } from '../../rollouts/rollouts.js';
import type { Promotion } from '../domain/promotion.js';
import { waitingText } from '../domain/waiting-text.js';
import { LaneHistoryStore } from '../lane-history.store.js';
import { PromotionStore } from '../promotion.store.js';

/** What each environment of a pipeline has, and what comes next there. */
@Injectable()
export class PromotionProgress extends PipelineProgress {
  constructor(
    private readonly promotions: PromotionStore,
    private readonly history: LaneHistoryStore,
    private readonly rollouts: Rollouts,
  ) {
    super();
  }

  async of(manager: EntityManager, pipelines: readonly string[]): Promise<readonly EnvironmentProgress[]> {
    const open = await this.promotions.open(manager, pipelines);
    const current = await this.history.currentOf(manager, pipelines);
    const moving = open.filter(({ rolloutId }) => rolloutId !== null).map(({ id }) => id);
    const summaries = moving.length > 0 ? await this.rollouts.summaries(manager, moving) : [];
    const lanes = new Map(
      [...current, ...open].map(({ pipeline, environment }) => [
        `${pipeline}/${environment}`,
        { pipeline, environment },
      ]),
    );
    return [...lanes.values()].map((lane) => {
      const isHere = (one: typeof lane) =>
        one.pipeline === lane.pipeline && one.environment === lane.environment;
      const here = open.filter(isHere);
      const release = current.find(isHere);
      const first = here.find(({ state }) => state !== 'Queued') ?? here[0];
      return {
        ...lane,
        release: release?.name ?? null,
        promotedAt: release?.promotedAt ?? null,
        waiting: here.map(({ id, environment, releaseName, state }) => ({
          id,
          environment,
          release: releaseName,
          state,
        })),
        nextGate: first
          ? nextGateOf(first, summaries.find(({ id }) => id === first.rolloutId) ?? null)
          : null,
      };
    });
  }
}

/** The first gate that is shut; without one, what else it waits for. */
export function nextGateOf(promotion: Promotion, rollout: RolloutSummary | null): NextGate | null {
  const { gates, state, waitingUntil } = promotion;
  const waitingFor = waitingText(promotion, rollout);
  const stage = state === 'Verifying' ? 'after' : 'before';
  const isGated = ['Gating', 'Verifying'].includes(state);
  const shut = isGated ? gates.find((gate) => gate.stage === stage && gate.phase === 'wait') : undefined;
  if (shut) return { name: shut.name, message: shut.message, until: shut.until };
  return waitingFor === '' ? null : { name: state, message: waitingFor, until: waitingUntil };
}
