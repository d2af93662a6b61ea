import { Inject, Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { CertificateStore } from '../clusters/certificate.store.js';
import { ClusterStore } from '../clusters/cluster.store.js';
import { SessionControl } from '../clusters/session-control.js';
import type { SessionCommand } from '../clusters/session-control.js';
import { Clock } from '../platform/clock.js';
import { InjectConfig } from '../platform/config/hub-config.js';
import type { HubConfig } from '../platform/config/hub-flags.js';
import { Metrics } from '../platform/health/metrics.js';
import { LOGGER } from '../platform/logging/logger.js';
import type { AgentSession } from './agent-session.js';
import { expired, shuttingDown, silent, superseded, turnedAway } from './goodbye.js';
import { IntentDispatcher } from './intent-dispatcher.js';
import { Listeners } from './listeners.js';
import type { ListenerAddresses } from './listeners.js';
import { QuestionDispatcher } from './question-dispatcher.js';
import { Replica } from './replica.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { ClusterSplitStore } from './cluster-split.store.js';
import { SessionRelease } from './session-release.js';
import { SessionRegistry } from './session-registry.js';
import { StandingDispatcher } from './standing-dispatcher.js';

const sweepEveryMs = 1_000;
/** Revocations arrive at once by notification; this is the net below. */
const recheckEveryMs = 15_000;
/** An agent that misses this many heartbeats is cut off. */
const missedHeartbeats = 3;

/** Life of the gateway: starts the listeners, watches the sessions, says goodbye. */
@Injectable()
export class GatewayService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly dataSource: DataSource,
    private readonly registry: SessionRegistry,
    private readonly replica: Replica,
    private readonly listeners: Listeners,
    private readonly control: SessionControl,
    private readonly clusters: ClusterStore,
    private readonly certificates: CertificateStore,
    private readonly releases: SessionRelease,
    private readonly intents: IntentDispatcher,
    private readonly standing: StandingDispatcher,
    private readonly questions: QuestionDispatcher,
    private readonly splits: ClusterSplitStore,
    private readonly changes: ChangeFeed,
    private readonly clock: Clock,
    metrics: Metrics,
    @InjectConfig() private readonly config: HubConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    metrics.gauge('flotilla_hub_sessions', 'Streams of agents on this replica.', () => registry.size);
  }

  get addresses(): ListenerAddresses {
    return this.listeners.addresses;
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.replica.start(() => this.registry.all.map(({ id }) => id));
    await this.control.listen(
      (command) => this.obey(command),
      () => this.catchUp(),
    );
    await this.listeners.start();
    this.timers = [
      setInterval(() => this.sweep(), sweepEveryMs),
      setInterval(() => this.recheck(this.registry.all), recheckEveryMs),
      setInterval(() => this.forgetOldSplits(), recheckEveryMs),
    ];
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.timers.forEach(clearInterval);
    const sessions = this.registry.all;
    for (const session of sessions) session.end(shuttingDown());
    await Promise.all([this.listeners.stop(), ...sessions.map((session) => session.idle())]);
    try {
      await Promise.all(sessions.map(({ id }) => this.releases.release(id)));
      await this.releases.stop();
      await this.replica.stop();
    } catch (err) {
      this.logger.warn({ err }, 'sessions were not released; other replicas will do it');
    }
  }

  private obey(command: SessionCommand): void {
    if (command.type === 'intents') return this.intents.dispatch(command.clusterId);
    if (command.type === 'standing') return this.standing.dispatch(command.clusterId);
    if (command.type === 'questions') return this.questions.dispatch(command.clusterId);
    if (command.type === 'supersede') return this.registry.get(command.sessionId)?.end(superseded());
    return this.recheck(this.registry.ofCluster(command.clusterId));
  }

  /** Commands may have been missed: what they stand for is in the database. */
  private catchUp(): void {
    const sessions = this.registry.all;
    this.recheck(sessions);
    for (const clusterId of new Set(sessions.map((session) => session.clusterId))) {
      this.intents.dispatch(clusterId);
      this.standing.dispatch(clusterId);
      this.questions.dispatch(clusterId);
    }
  }

  /** Ends sessions whose certificate has expired and those that nothing is heard of. */
  private sweep(): void {
    const now = this.clock.now();
    const longestSilenceMs = missedHeartbeats * this.config.heartbeatMs;
    for (const session of this.registry.all) {
      if (session.notAfter <= now) session.end(expired());
      else if (!session.isBusy && now.getTime() - session.lastHeardMs > longestSilenceMs) {
        session.end(silent(longestSilenceMs / 1000));
      }
    }
  }

  /** Ends sessions whose certificate has been revoked, or whose cluster is gone. */
  private recheck(sessions: readonly AgentSession[]): void {
    if (sessions.length === 0) return;
    this.cutRefused(sessions).catch((err: unknown) =>
      this.logger.warn({ err }, 'certificates were not checked'),
    );
  }

  /** An agent of an earlier split may have hung up after those of the next had dialled. */
  private forgetOldSplits(): void {
    const splits = this.registry.all.filter(({ shards, shard }) => shards.length > 0 && shards[0] === shard);
    if (splits.length === 0) return;
    this.dataSource
      .transaction(async (manager) => {
        const lost = await this.splits.forgetOthers(manager, splits);
        const changes = lost.map(({ clusterId, name }) => ({
          topic: 'cluster' as const,
          clusterId,
          key: name,
          deleted: false,
        }));
        await this.changes.publish(manager, changes);
      })
      .catch((err: unknown) => this.logger.warn({ err }, 'shards of earlier splits were not forgotten'));
  }

  private async cutRefused(sessions: readonly AgentSession[]): Promise<void> {
    const { manager } = this.dataSource;
    const refused = await this.certificates.refused(
      manager,
      sessions.map(({ serial }) => serial),
    );
    for (const session of sessions.filter(({ serial }) => refused.has(serial))) {
      const cluster = await this.clusters.find(manager, session.clusterId);
      this.logger.info({ clusterId: session.clusterId, shard: session.shard }, 'session cut');
      session.end(turnedAway(cluster));
    }
  }
}
