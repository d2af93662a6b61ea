import { Inject, Injectable, Optional } from '@nestjs/common';
import type { Answer } from '@flotilla/proto/flotilla/v1/question';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { SessionControl } from '../clusters/session-control.js';
import { Clock } from '../platform/clock.js';
import { LOGGER } from '../platform/logging/logger.js';
import type { AgentSession } from './agent-session.js';
import { ClusterRounds } from './cluster-rounds.js';
import { DatabaseTurnstile } from './database-turnstile.js';
import { QuestionDelivery, QuestionPort } from './question-port.js';
import type { OutgoingQuestion } from './question-port.js';
import { SessionClaimStore } from './session-claim.store.js';
import { SessionRegistry } from './session-registry.js';

/** Brings questions to the sessions of this replica, and answers back. */
@Injectable()
export class QuestionDispatcher extends QuestionDelivery {
  private readonly rounds = new ClusterRounds(
    (clusterId) => this.turnstile.pass(() => this.serve(clusterId)),
    (err, clusterId) => this.logger.error({ err, clusterId }, 'questions were not delivered'),
  );

  constructor(
    private readonly dataSource: DataSource,
    private readonly registry: SessionRegistry,
    private readonly claims: SessionClaimStore,
    private readonly control: SessionControl,
    private readonly turnstile: DatabaseTurnstile,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Optional() @Inject(QuestionPort) private readonly questions?: QuestionPort,
  ) {
    super();
  }

  async announce(manager: EntityManager, clusterIds: readonly string[]): Promise<void> {
    await this.control.send(
      manager,
      clusterIds.map((clusterId) => ({ type: 'questions', clusterId })),
    );
  }

  async record(clusterId: string, answer: Answer, at: Date): Promise<void> {
    await this.questions?.answered(clusterId, answer, at);
  }

  /** Sends what the cluster's sessions here have not got yet. One run a cluster at a time. */
  dispatch(clusterId: string): void {
    if (this.questions && this.registry.ofCluster(clusterId).length > 0) this.rounds.run(clusterId);
  }

  private async serve(clusterId: string): Promise<void> {
    const sessions = this.registry.ofCluster(clusterId).filter(({ isOpen }) => isOpen);
    if (!this.questions || sessions.length === 0) return;
    const delivered: string[] = [];
    for (const question of await this.questions.open(clusterId)) {
      const session = await this.sessionFor(clusterId, question, sessions);
      if (!session || session.sentQuestions.has(question.id)) continue;
      await session.sendQuestion(question);
      delivered.push(question.id);
    }
    if (delivered.length > 0) await this.questions.delivered(clusterId, delivered, this.clock.now());
  }

  /** The shard that has the source answers. */
  private async sessionFor(
    clusterId: string,
    { question }: OutgoingQuestion,
    sessions: readonly AgentSession[],
  ): Promise<AgentSession | undefined> {
    const { manager } = this.dataSource;
    const shards = await this.claims.connectedShards(manager, clusterId);
    const source = question?.value.source;
    const owner =
      shards.length > 1 && source
        ? await this.claims.shardOf(manager, clusterId, source.kind, source.namespace, source.name)
        : null;
    const shard = owner ?? shards[0];
    return sessions.find((session) => session.shard === shard);
  }
}
