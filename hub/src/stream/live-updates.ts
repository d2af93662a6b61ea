import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Subscription } from 'rxjs';
import { coalesceChanges } from '../platform/changes/change.js';
import type { Change } from '../platform/changes/change.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import type { FeedMessage } from '../platform/changes/change-feed.js';
import { LOGGER } from '../platform/logging/logger.js';
import { PeriodicWork } from '../platform/periodic-work.js';
import { ChangeReader } from './change-reader.js';
import { EventLog } from './domain/event-log.js';
import type { StreamEvent } from './domain/stream-event.js';
import { parseId } from './domain/stream-event.js';
import { FreshnessWatch } from './freshness-watch.js';
import type { StreamReader } from './stream-reader.js';

/** Changes are gathered for so long, then read once for all readers. */
const gatherMs = 100;
const freshnessEveryMs = 1_000;
const beatEveryMs = 15_000;
/** Without readers for so long, changes are not read any more. */
const idleAfterMs = 60_000;
const logLimits = { events: 20_000, characters: 16 * 1024 * 1024 };

/** Sends what the change feed tells to everybody who listens. */
@Injectable()
export class LiveUpdates implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** Names this run of this replica in the ids. */
  readonly epoch = randomBytes(6).toString('hex');
  private readonly log = new EventLog(logLimits);
  private readonly readers = new Set<StreamReader>();
  private gathered: Change[] = [];
  private subscription: Subscription | undefined;
  private beats: NodeJS.Timeout | undefined;
  private readonly work = new PeriodicWork(() => this.tell(), {
    everyMs: gatherMs,
    overlap: 'skipped',
    onFailure: (err) => this.fail(err),
  });
  private idleSince: number | null = 0;
  private lastFreshness = 0;

  constructor(
    private readonly feed: ChangeFeed,
    private readonly reader: ChangeReader,
    private readonly freshness: FreshnessWatch,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** How many listen just now. */
  get readerCount(): number {
    return this.readers.size;
  }

  onApplicationBootstrap(): void {
    this.subscription = this.feed.messages.subscribe((message) => this.take(message));
    this.work.start();
    this.beats = setInterval(() => this.beat(), beatEveryMs);
    this.beats.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.subscription?.unsubscribe();
    clearInterval(this.beats);
    for (const reader of this.readers) reader.end();
    await this.work.stop();
  }

  /** Lets a reader in; with the id that it saw last it goes on from there, if that is still possible. */
  join(reader: StreamReader, lastEventId: string | undefined): void {
    if (this.idleSince !== null && this.isIdle()) this.forget();
    this.idleSince = null;
    this.readers.add(reader);
    const number = lastEventId === undefined ? null : parseId(this.epoch, lastEventId);
    const missed = number === null ? null : this.log.since(number, reader.topics);
    if (missed !== null) reader.send(missed);
    else if (lastEventId === undefined) reader.open(this.log.head);
    else reader.reset(this.log.head);
  }

  leave(reader: StreamReader): void {
    this.readers.delete(reader);
    if (this.readers.size === 0) this.idleSince = performance.now();
  }

  private take(message: FeedMessage): void {
    if (message.kind === 'reset') {
      this.forget();
      for (const reader of this.readers) reader.reset(this.log.head);
    } else if (!this.isIdle()) this.gathered.push(...message.changes);
  }

  private isIdle(): boolean {
    return (
      this.idleSince !== null && (this.idleSince === 0 || performance.now() - this.idleSince > idleAfterMs)
    );
  }

  private forget(): void {
    this.log.forget();
    this.gathered = [];
    this.freshness.forget();
  }

  private async tell(): Promise<void> {
    if (this.isIdle()) return;
    const changes = coalesceChanges(this.gathered.splice(0));
    if (changes.length > 0) this.send(await this.reader.read(changes));
    if (performance.now() - this.lastFreshness < freshnessEveryMs) return;
    this.lastFreshness = performance.now();
    const turned = await this.freshness.changed();
    if (turned.length > 0) this.send(await this.reader.readClusters(turned));
  }

  /** What could not be read is lost for the readers, so they have to begin again. */
  private fail(err: unknown): void {
    this.logger.warn({ err }, 'live updates were not read');
    this.forget();
    for (const reader of this.readers) reader.reset(this.log.head);
  }

  private send(events: readonly StreamEvent[]): void {
    const numbered = this.log.append(events);
    for (const reader of this.readers) reader.send(numbered);
  }

  private beat(): void {
    for (const reader of this.readers) reader.beat();
  }
}
