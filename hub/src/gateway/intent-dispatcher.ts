import { Inject, Injectable, Optional } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { IntentResult } from '@flotilla/proto/flotilla/v1/intent';
import { SessionControl } from '../clusters/session-control.js';
import { text } from '../objects/object-row.js';
import { Clock } from '../platform/clock.js';
import { LOGGER } from '../platform/logging/logger.js';
import type { AgentSession } from './agent-session.js';
import { ClusterRounds } from './cluster-rounds.js';
import { DatabaseTurnstile } from './database-turnstile.js';
import { IntentDelivery, IntentPort } from './intent-port.js';
import type { OutgoingIntent } from './intent-port.js';
import { SessionClaimStore } from './session-claim.store.js';
import { SessionRegistry } from './session-registry.js';

/** Brings intents to the sessions of this replica, and results back. */
@Injectable()
export class IntentDispatcher extends IntentDelivery {
  private readonly rounds = new ClusterRounds(
    (clusterId) => this.turnstile.pass(() => this.serve(clusterId)),
    (err, clusterId) => this.logger.error({ err, clusterId }, 'intents were not delivered'),
  );

  constructor(
    private readonly dataSource: DataSource,
    private readonly registry: SessionRegistry,
    private readonly claims: SessionClaimStore,
    private readonly control: SessionControl,
    private readonly turnstile: DatabaseTurnstile,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Optional() @Inject(IntentPort) private readonly intents?: IntentPort,
  ) {
    super();
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

  /** Sends what the cluster's sessions here have not got yet. One run a cluster at a time. */
  dispatch(clusterId: string): void {
    if (this.intents && this.registry.ofCluster(clusterId).length > 0) this.rounds.run(clusterId);
  }

  private async serve(clusterId: string): Promise<void> {
    const sessions = this.registry.ofCluster(clusterId).filter(({ isOpen }) => isOpen);
    if (!this.intents || sessions.length === 0) return;
    const delivered: string[] = [];
    for (const intent of await this.intents.open(clusterId)) {
      const session = await this.sessionFor(clusterId, intent, sessions);
      if (!session || session.sentIntents.has(intent.id)) continue;
      await session.sendIntent(intent);
      delivered.push(intent.id);
    }
    if (delivered.length > 0) await this.intents.delivered(clusterId, delivered, this.clock.now());
  }

  /** The shard that reports the object carries the intent out; one that nobody reports goes to the first shard. */
  private async sessionFor(
    clusterId: string,
    intent: OutgoingIntent,
    sessions: readonly AgentSession[],
  ): Promise<AgentSession | undefined> {
    const { manager } = this.dataSource;
    const shards = await this.claims.connectedShards(manager, clusterId);
    const object = intent.action?.value.object;
    const owner =
      shards.length > 1 && object
        ? await this.claims.shardOf(manager, clusterId, object.kind, object.namespace, object.name)
        : null;
    const shard = owner ?? shards[0];
    return sessions.find((session) => session.shard === shard);
  }
}
