import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock.js';
import { LOGGER } from '../platform/logging/logger.js';
import type { AgentSession } from './agent-session.js';
import { ClusterRounds } from './cluster-rounds.js';
import { DatabaseTurnstile } from './database-turnstile.js';
import { SessionClaimStore } from './session-claim.store.js';
import { SessionRegistry } from './session-registry.js';

/** A kind of thing of which each goes to one shard of a cluster, once a session. */
export interface ShardDelivery<Item extends { readonly id: string }> {
  readonly port: {
    open(clusterId: string): Promise<readonly Item[]>;
    delivered(clusterId: string, ids: readonly string[], at: Date): Promise<void>;
  };
  /** The shard that reports this object gets the item; one that nobody reports goes to the first shard. */
  readonly objectOf: (item: Item) => ObjectName | undefined;
  readonly sentTo: (session: AgentSession) => ReadonlySet<string>;
  readonly send: (session: AgentSession, item: Item) => Promise<void>;
  /** The line in the log when it does not work. */
  readonly failure: string;
}

/** An object as the wire names it. */
export interface ObjectName {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Brings what is open for a cluster to those of its sessions that are at this replica. */
@Injectable()
export class ShardDeliveries {
  constructor(
    private readonly dataSource: DataSource,
    private readonly registry: SessionRegistry,
    private readonly claims: SessionClaimStore,
    private readonly turnstile: DatabaseTurnstile,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Gives the function that sends what the cluster's sessions here have not got yet. One run a cluster at a time. */
  dispatcher<Item extends { readonly id: string }>(
    delivery: ShardDelivery<Item>,
  ): (clusterId: string) => void {
    const rounds = new ClusterRounds(
      (clusterId) => this.turnstile.pass(() => this.serve(delivery, clusterId)),
      (err, clusterId) => this.logger.error({ err, clusterId }, delivery.failure),
    );
    return (clusterId) => {
      if (this.registry.ofCluster(clusterId).length > 0) rounds.run(clusterId);
    };
  }

  private async serve<Item extends { readonly id: string }>(
    { port, objectOf, sentTo, send }: ShardDelivery<Item>,
    clusterId: string,
  ): Promise<void> {
    const sessions = this.registry.ofCluster(clusterId).filter(({ isOpen }) => isOpen);
    if (sessions.length === 0) return;
    const delivered: string[] = [];
    for (const item of await port.open(clusterId)) {
      const session = await this.sessionFor(clusterId, objectOf(item), sessions);
      if (!session || sentTo(session).has(item.id)) continue;
      await send(session, item);
      delivered.push(item.id);
    }
    if (delivered.length > 0) await port.delivered(clusterId, delivered, this.clock.now());
  }

  private async sessionFor(
    clusterId: string,
    object: ObjectName | undefined,
    sessions: readonly AgentSession[],
  ): Promise<AgentSession | undefined> {
    const { manager } = this.dataSource;
    const shards = await this.claims.connectedShards(manager, clusterId);
    const owner =
      shards.length > 1 && object
        ? await this.claims.shardOf(manager, clusterId, object.kind, object.namespace, object.name)
        : null;
    const shard = owner ?? shards[0];
    return sessions.find((session) => session.shard === shard);
  }
}
