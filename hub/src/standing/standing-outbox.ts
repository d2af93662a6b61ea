import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import type {
  StandingIntents as StandingMessage,
  StandingIntentsAck,
} from '@flotilla/proto/flotilla/v1/standing';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { HeldSet } from '../gateway/standing-port.js';
import { StandingPort } from '../gateway/standing-port.js';
import type { AgentId } from '../objects/object-status.store.js';
import { Clock } from '../platform/clock.js';
import { GroupCommit } from '../platform/database/group-commit.js';
import { GroupRead } from '../platform/database/group-read.js';
import { LOGGER } from '../platform/logging/logger.js';
import { DeliveryNoteStore } from './delivery-note.store.js';
import type { DeliveryNote } from './domain/delivery-note.js';
import { mergeNotes } from './domain/delivery-note.js';
import { standingMessage } from './domain/standing-content.js';
import type { StandingSetContent } from './standing-set.store.js';
import { StandingSetStore } from './standing-set.store.js';
import { StandingSets } from './standing-sets.js';

const longestRefusal = 4_096;
/** Notes of one transaction; a veto is answered by the whole fleet at once. */
const batchNotes = 500;
/** Sets that one query reads: a set may hold a thousand vetoes. */
const batchSets = 100;

/** The gateway's side of the standing intents: what is to be sent, and what became of it. */
@Injectable()
export class StandingOutbox extends StandingPort implements OnApplicationShutdown {
  private readonly notes: GroupCommit<DeliveryNote, undefined>;
  private readonly contents: GroupRead<StandingSetContent>;

  constructor(
    private readonly database: DataSource,
    private readonly store: StandingSetStore,
    private readonly sets: StandingSets,
    private readonly clock: Clock,
    private readonly deliveries: DeliveryNoteStore,
    @Inject(LOGGER) logger: Logger,
  ) {
    super();
    this.contents = new GroupRead((ids) => store.contents(database.manager, ids), batchSets);
    this.notes = new GroupCommit({
      dataSource: database,
      write: async (manager, notes) => this.write(manager, notes),
      weigh: () => 1,
      maxWeight: batchNotes,
      onDatabaseAway: (err) => logger.warn({ err }, 'answers to standing intents wait for the database'),
    });
  }

  async held(clusterId: string): Promise<HeldSet | undefined> {
    const row = await this.contents.get(clusterId);
    return row && { version: row.version, message: messageOf(row) };
  }

  async current(clusterId: string, kept: bigint): Promise<StandingMessage | undefined> {
    const { manager } = this.database;
    let row = await this.store.content(manager, clusterId);
    // A cluster that has just joined has no set; one that keeps a newer version was given it by a hub that has been
    // restored from a backup since, or before it was removed from the fleet.
    if (!row || row.version < kept) {
      await this.database.transaction(async (transaction) => {
        const now = this.clock.now();
        await this.sets.revise(transaction, [clusterId], now);
        if (kept > 0n) await this.sets.raise(transaction, clusterId, kept, now);
      });
      row = await this.store.content(manager, clusterId);
    }
    return row && messageOf(row);
  }

  async kept({ clusterId, shard }: AgentId, acknowledged: bigint): Promise<void> {
    await this.notes.submit({ clusterId, shard, sent: null, acknowledged, answered: null, refusal: '' });
  }

  async sent(clusterId: string, shards: readonly string[], version: bigint): Promise<void> {
    const note = { clusterId, sent: version, acknowledged: null, answered: null, refusal: '' };
    await Promise.all(shards.map((shard) => this.notes.submit({ ...note, shard })));
  }

  async answered({ clusterId, shard }: AgentId, answer: StandingIntentsAck): Promise<void> {
    const { version: answered } = answer;
    const refusal = answer.refusal.slice(0, longestRefusal);
    const acknowledged = refusal === '' ? answered : null;
    await this.notes.submit({ clusterId, shard, sent: null, acknowledged, answered, refusal });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.notes.stop();
  }

  private async write(manager: EntityManager, notes: readonly DeliveryNote[]): Promise<undefined[]> {
    const seen = await this.deliveries.write(manager, mergeNotes(notes), this.clock.now());
    if (seen.length > 0) await this.sets.tell(manager, seen);
    return notes.map(() => undefined);
  }
}

/** Nothing, where nothing was ever asked. */
function messageOf({ version, content }: StandingSetContent): StandingMessage | undefined {
  return version > 0n ? standingMessage(version, content) : undefined;
}
