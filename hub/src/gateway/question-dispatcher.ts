import { Inject, Injectable, Optional } from '@nestjs/common';
import type { Answer } from '@flotilla/proto/flotilla/v1/question';
import type { EntityManager } from 'typeorm';
import { SessionControl } from '../clusters/session-control.js';
import { QuestionDelivery, QuestionPort } from './question-port.js';
import { ShardDeliveries } from './shard-deliveries.js';

/** Brings questions to the sessions of this replica, and answers back. The shard that has the source answers. */
@Injectable()
export class QuestionDispatcher extends QuestionDelivery {
  private readonly send: ((clusterId: string) => void) | undefined;

  constructor(
    private readonly control: SessionControl,
    deliveries: ShardDeliveries,
    @Optional() @Inject(QuestionPort) private readonly questions?: QuestionPort,
  ) {
    super();
    this.send =
      questions &&
      deliveries.dispatcher({
        port: questions,
        objectOf: ({ question }) => question?.value.source,
        sentTo: ({ sentQuestions }) => sentQuestions,
        send: (session, question) => session.sendQuestion(question),
        failure: 'questions were not delivered',
      });
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

  /** Sends what the cluster's sessions here have not got yet. */
  dispatch(clusterId: string): void {
    this.send?.(clusterId);
  }
}
