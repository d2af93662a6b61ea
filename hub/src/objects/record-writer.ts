import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Record as WireRecord } from '@flotilla/proto/flotilla/v1/state';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { GroupCommit } from '../platform/database/group-commit.js';
import { LOGGER } from '../platform/logging/logger.js';
import { agentKey, AgentTableStore } from './agent-table.store.js';
import type { AgentTableRow } from './agent-table.store.js';
import { planRecords } from './domain/plan-records.js';
import type { AgentId } from './object-status.store.js';
import { gapRow, numbered, recordRow } from './record-row.js';
import { RecordStore } from './record.store.js';
import type { RecordRow } from './record.store.js';

/** Records that one session brings. */
export interface RecordMessage extends AgentId {
  readonly sessionId: string;
  readonly spoolId: string;
  readonly at: Date;
  readonly records: readonly WireRecord[];
}

export type RecordOutcome =
  | { readonly type: 'held'; readonly acknowledge: bigint }
  | { readonly type: 'superseded' };

const batchRecords = 2_000;

/** Appends what agents recorded, each number once. */
@Injectable()
export class RecordWriter implements OnApplicationShutdown {
  private readonly commits: GroupCommit<RecordMessage, RecordOutcome>;

  constructor(
    dataSource: DataSource,
    private readonly agents: AgentTableStore,
    private readonly store: RecordStore,
    private readonly changes: ChangeFeed,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.commits = new GroupCommit({
      dataSource,
      write: (manager, messages) => this.write(manager, messages),
      weigh: ({ records }) => 1 + records.length,
      maxWeight: batchRecords,
      onDatabaseAway: (err) => logger.warn({ err }, 'records of agents wait for the database'),
    });
  }

  /** Settles after the commit. */
  async submit(message: RecordMessage): Promise<RecordOutcome> {
    return this.commits.submit(message);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.commits.stop();
  }

  private async write(
    manager: EntityManager,
    messages: readonly RecordMessage[],
  ): Promise<readonly RecordOutcome[]> {
    const held = await this.agents.lock(manager, messages);
    const outcomes: RecordOutcome[] = [];
    const rows: RecordRow[] = [];
    for (const message of messages) {
      const agent = held.get(agentKey(message));
      if (agent?.sessionId !== message.sessionId) {
        outcomes.push({ type: 'superseded' });
        continue;
      }
      const { rows: news, acknowledged } = rowsOf(message, agent);
      rows.push(...news);
      await this.agents.setRecords(manager, message, message.spoolId, acknowledged, message.at);
      outcomes.push({ type: 'held', acknowledge: acknowledged });
    }
    await this.store.insert(manager, rows);
    await this.changes.publish(
      manager,
      rows.map(({ clusterId, id }) => ({ topic: 'event', clusterId, key: id, deleted: false })),
    );
    return outcomes;
  }
}

function rowsOf(
  message: RecordMessage,
  agent: AgentTableRow,
): { rows: readonly RecordRow[]; acknowledged: bigint } {
  const { clusterId, spoolId, at: now } = message;
  const known = agent.spoolId === spoolId ? agent.recordSequence : undefined;
  const { store, holes, acknowledged } = planRecords(known, message.records.map(numbered));
  const origin = { clusterId, spoolId, now };
  const rows = [
    ...holes.map((hole) => gapRow(hole, origin, 'the agent never sent them')),
    ...store.map(({ record }) => recordRow(record, origin)),
  ];
  return { rows, acknowledged };
}
