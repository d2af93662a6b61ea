import { Inject, Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Subscription } from 'rxjs';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { staleAfterMs } from '../fleet/domain/freshness.js';
import { Pipelines } from '../pipelines/pipelines.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import type { FeedMessage } from '../platform/changes/change-feed.js';
import { Clock } from '../platform/clock.js';
import { LOGGER } from '../platform/logging/logger.js';
import { StandingIntents } from '../standing/standing.js';
import { governedOf, planPins } from './domain/plan-pins.js';
import type { GovernedPlace } from './domain/plan-pins.js';
import { SourceFactsStore } from './source-facts.store.js';

/** Clusters that joined have their first artifact some time later: they are found by looking. */
const sweepEveryMs = 2_000;
const gatherMs = 50;
/** What changes without end does not have it look without end. */
const restMs = 500;
/** One replica at a time. */
const lock = 7_204_511;

/**
 * Keeps the sources of a pipeline where they are until one of its rollouts moves them. Without this a cluster of an
 * environment would follow its ref until the first promotion reaches it. What no pipeline moves any more is let go.
 */
@Injectable()
export class Governor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private gathering: NodeJS.Timeout | undefined;
  private subscription: Subscription | undefined;
  private working: Promise<void> = Promise.resolve();
  /** On the clock of the process. */
  private restsUntil = 0;

  constructor(
    private readonly database: DataSource,
    private readonly pipelines: Pipelines,
    private readonly facts: SourceFactsStore,
    private readonly standing: StandingIntents,
    private readonly feed: ChangeFeed,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.subscription = this.feed.messages.subscribe((message) => this.take(message));
    this.timer = setInterval(() => this.soon(), sweepEveryMs);
    this.timer.unref();
    this.soon();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.subscription?.unsubscribe();
    clearInterval(this.timer);
    clearTimeout(this.gathering);
    await this.working;
  }

  /** Brings the pins to what the pipelines say. */
  async sweep(): Promise<void> {
    await this.database.transaction(async (manager) => {
      const [held] = await manager.query<{ mine: boolean }[]>(
        'SELECT pg_try_advisory_xact_lock($1) AS mine',
        [lock],
      );
      if (!held?.mine) return;
      const now = this.clock.now();
      const places = await this.places(manager);
      const facts = await this.facts.of(manager, places, new Date(now.getTime() - staleAfterMs));
      const { pin, unpin } = planPins(governedOf(places, facts), facts);
      await this.standing.change(manager, { unpin, pinUnpinned: pin }, now);
      if (pin.length + unpin.length > 0)
        this.logger.info(
          { kept: pin.length, released: unpin.length },
          'sources were kept in place or let go',
        );
    });
  }

  /** Environments to which releases are brought, with their members. */
  private async places(manager: EntityManager): Promise<readonly GovernedPlace[]> {
    const places = (await this.pipelines.all(manager)).flatMap(({ name: pipeline, spec }) =>
      spec.environments
        .filter(({ delivery }) => delivery !== 'follow')
        .map(({ name: environment }) => ({ pipeline, environment, sources: spec.sources })),
    );
    const members = await this.pipelines.membersOf(
      manager,
      places.map(({ environment }) => environment),
    );
    const ids = new Map([...members].map(([name, list]) => [name, list.map(({ clusterId }) => clusterId)]));
    return places.map((place) => ({ ...place, clusterIds: ids.get(place.environment)! }));
  }

  private take(message: FeedMessage): void {
    const topics = new Set(['pipeline', 'environment', 'cluster']);
    if (message.kind === 'reset' || message.changes.some(({ topic }) => topics.has(topic))) this.soon();
  }

  private soon(): void {
    const wait = Math.max(gatherMs, this.restsUntil - performance.now());
    this.gathering ??= setTimeout(() => {
      this.working = this.sweep()
        .catch((err: unknown) => this.logger.warn({ err }, 'pins were not brought to what the pipelines say'))
        .finally(() => {
          this.gathering = undefined;
          this.restsUntil = performance.now() + restMs;
        });
    }, wait);
  }
}
