import { Inject, Injectable, Optional } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { IntentResult } from '@flotilla/proto/flotilla/v1/intent';
import { SessionControl } from '../clusters/session-control.js';
import { text } from '../objects/object-row.js';
import { IntentDelivery, IntentPort } from './intent-port.js';
import { ShardDeliveries } from './shard-deliveries.js';

/** Brings intents to the sessions of this replica, and results back. */
@Injectable()
export class IntentDispatcher extends IntentDelivery {
  private readonly send: ((clusterId: string) => void) | undefined;

  constructor(
    private readonly control: SessionControl,
    deliveries: ShardDeliveries,
    @Optional() @Inject(IntentPort) private readonly intents?: IntentPort,
  ) {
    super();
    this.send =
      intents &&
      deliveries.dispatcher({
        port: intents,
        objectOf: ({ action }) => action?.value.object,
        sentTo: ({ sentIntents }) => sentIntents,
        send: (session, intent) => session.sendIntent(intent),
        failure: 'intents were not delivered',
      });
  }

  async announce(manager: EntityManager, clusterIds: readonly string[]): Promise<void> {
    await this.control.send(
      manager,
      clusterIds.map((clusterId) => ({ type: 'intents', clusterId })),
    );
  }

  async record(clusterId: string, result: IntentResult, at: Date): Promise<void> {
    await this.intents?.record(clusterId, { ...result, message: text(result.message) }, at);
  }

  /** Sends what the cluster's sessions here have not got yet. */
  dispatch(clusterId: string): void {
    this.send?.(clusterId);
  }
}
