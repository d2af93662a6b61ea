import { timeoutSignal } from '@flotilla/common/signal/timeout-signal';
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { Gate } from '@flotilla/common/fleet-api/gates';
import { gateName } from '@flotilla/common/fleet-api/gates';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { Pipelines } from '../pipelines/pipelines.js';
import { Clock } from '../platform/clock.js';
import { LOGGER } from '../platform/logging/logger.js';
import { Releases } from '../releases/releases.js';
import type { PromotionEvent } from './domain/events.js';
import { isProbe } from './domain/gates/evaluate.js';
import type { DeliveryState, Promotion } from './domain/promotion.js';
import { withdrawalFailed } from './domain/withdrawal.js';
import { GateProbe } from './gate-probe.js';
import type { GateVerdict, PromotionInQuestion } from './gate-probe.js';
import { GitDelivery } from './git-delivery.js';
import type { DeliveryProgress } from './git-delivery.js';
import { laneSetup } from './lane-observer.js';
import type { FollowUp } from './lane-run.js';
import { PromotionStore } from './promotion.store.js';

const patienceMs = 30_000;
const noProbe: GateVerdict = { phase: 'wait', message: 'this hub has nothing that could ask' };

/** What an answer from outside means for a promotion. */
export type Answered = (promotionId: string, event: PromotionEvent) => Promise<void>;

/** Asks the outside, outside of transactions. One question of a kind is under way at a time on a replica. */
@Injectable()
export class Outside implements BeforeApplicationShutdown {
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly stop = new AbortController();

  constructor(
    private readonly database: DataSource,
    private readonly promotions: PromotionStore,
    private readonly pipelines: Pipelines,
    private readonly releases: Releases,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Optional() @Inject(GateProbe) private readonly probe: GateProbe | null,
    @Optional() @Inject(GitDelivery) private readonly git: GitDelivery | null,
  ) {}

  /** Begins everything that is asked for; answers come when they come. */
  begin({ asks, deliveries, withdrawals }: FollowUp, answered: Answered): void {
    for (const ask of asks)
      this.once(`ask/${ask.promotionId}/${ask.stage}/${ask.gate}`, () => this.ask(ask, answered));
    for (const id of deliveries) this.once(`deliver/${id}`, () => this.deliver(id, answered));
    for (const id of withdrawals) this.once(`deliver/${id}`, () => this.withdraw(id, answered));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stop.abort();
    await Promise.all(this.underWay.values());
  }

  private once(key: string, work: () => Promise<void>): void {
    if (this.underWay.has(key) || this.stop.signal.aborted) return;
    const done = work()
      .catch((err: unknown) => this.logger.warn({ err, question: key }, 'question to the outside failed'))
      .finally(() => this.underWay.delete(key));
    this.underWay.set(key, done);
  }

  private async ask(
    { promotionId, stage, gate: name }: FollowUp['asks'][number],
    answered: Answered,
  ): Promise<void> {
    const found = await this.inQuestion(promotionId);
    const gate = found?.setup?.environment.gates[stage].find((one: Gate) => gateName(one) === name);
    if (!found || !gate || !isProbe(gate)) return;
    const known =
      found.promotion.gates.find((one) => one.stage === stage && one.name === name)?.probe ?? null;
    const question = {
      promotion: found.question,
      stage,
      gate,
      askedFirstAt: known?.askedFirstAt ?? this.clock.now(),
      memory: known?.memory ?? null,
    };
    const verdict = await this.patiently((signal) => this.probe?.ask(question, signal) ?? noProbe).catch(
      (error: unknown): GateVerdict => ({ phase: 'wait', message: `no answer: ${textOf(error)}` }),
    );
    if (this.stop.signal.aborted) return;
    const { phase, message, until = null, memory = null } = verdict;
    await answered(promotionId, {
      type: 'answered',
      stage,
      gate: name,
      answer: { phase, message, until, memory },
    });
  }

  private async deliver(id: string, answered: Answered): Promise<void> {
    const found = await this.inQuestion(id);
    const spec = found?.setup?.environment.git;
    if (!found || !spec) return;
    const wish = { ...found.question, git: spec, memory: found.promotion.delivery?.memory ?? null };
    const progress = await this.patiently(async (signal): Promise<DeliveryProgress> => {
      if (!this.git) return { phase: 'fail', message: 'this hub cannot write Git' };
      return this.git.deliver(wish, signal);
    }).catch((error: unknown): DeliveryProgress => ({
      phase: 'wait',
      message: `Git does not answer: ${textOf(error)}`,
      memory: wish.memory ?? {},
    }));
    if (this.stop.signal.aborted) return;
    await answered(id, { type: 'delivered', delivery: deliveryOf(progress, this.clock.now()) });
  }

  private async withdraw(id: string, answered: Answered): Promise<void> {
    const found = await this.inQuestion(id);
    const delivery = found?.promotion.delivery;
    if (!found || !delivery) return;
    const spec = found.setup?.environment.git;
    const git = this.git;
    if (spec && git) {
      const wish = { ...found.question, git: spec, memory: delivery.memory };
      try {
        await this.patiently((signal) => git.withdraw(wish, found.promotion.reason, signal));
      } catch (error) {
        if (this.stop.signal.aborted) return;
        this.logger.warn({ promotion: id, reason: textOf(error) }, 'git could not be taken back');
        const failed = withdrawalFailed(delivery, textOf(error), this.clock.now());
        return answered(id, { type: 'delivered', delivery: failed });
      }
    }
    const message = spec
      ? delivery.message
      : `stays as it is, as the pipeline does not say any more how Git is written: ${delivery.message}`;
    const withdrawn = { ...delivery, message, phase: 'withdrawn', until: null } as const;
    await answered(id, { type: 'delivered', delivery: withdrawn });
  }

  private async patiently<Answer>(ask: (signal: AbortSignal) => Answer | Promise<Answer>): Promise<Answer> {
    const signal = timeoutSignal(patienceMs, this.stop.signal);
    const given = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error(`no answer within ${patienceMs / 1000} s`)), {
        once: true,
      });
    });
    return Promise.race([Promise.resolve(ask(signal)), given]);
  }

  private async inQuestion(id: string): Promise<{
    readonly promotion: Promotion;
    readonly question: PromotionInQuestion;
    readonly setup: ReturnType<typeof laneSetup>;
  } | null> {
    const { manager } = this.database;
    const promotion = await this.promotions.find(manager, id);
    const release = promotion && (await this.releases.get(manager, promotion.releaseId));
    if (!promotion || !release) return null;
    const { pipeline, environment, priority, requestedBy, createdAt } = promotion;
    const question = { id, pipeline, environment, priority, requestedBy, createdAt, release };
    return {
      promotion,
      question,
      setup: laneSetup(await this.pipelines.get(manager, pipeline), environment),
    };
  }
}

function deliveryOf(progress: DeliveryProgress, now: Date): DeliveryState {
  return {
    phase: progress.phase,
    message: progress.message,
    until: progress.phase === 'wait' ? (progress.until ?? null) : null,
    askedAt: now,
    revisions: progress.phase === 'done' ? progress.revisions : [],
    memory: progress.phase === 'wait' ? (progress.memory ?? null) : null,
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
