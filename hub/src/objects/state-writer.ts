import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Change } from '../platform/changes/change.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { GroupCommit } from '../platform/database/group-commit.js';
import { Metrics } from '../platform/health/metrics.js';
import { LOGGER } from '../platform/logging/logger.js';
import { agentKey, AgentTableStore } from './agent-table.store.js';
import { applyState, movedOn } from './apply-state.js';
import type { StateEffect } from './apply-state.js';
import { ObjectRevisionStore } from './object-revision.store.js';
import { ObjectStatusStore } from './object-status.store.js';
import type { OwnedKey } from './object-status.store.js';
import type { StateMessage, StateOutcome } from './state-message.js';

/** Rows of one transaction; PostgreSQL is at its best with about a thousand. */
const batchRows = 2_000;

/** Writes what agents say of their objects: one transaction for what all sessions brought since the last. */
@Injectable()
export class StateWriter implements OnApplicationShutdown {
  private readonly commits: GroupCommit<StateMessage, StateOutcome>;

  constructor(
    dataSource: DataSource,
    private readonly agents: AgentTableStore,
    private readonly objects: ObjectStatusStore,
    private readonly revisions: ObjectRevisionStore,
    private readonly changes: ChangeFeed,
    metrics: Metrics,
    @Inject(LOGGER) logger: Logger,
  ) {
    const rows = metrics.counter(
      'flotilla_hub_object_rows_written_total',
      'Rows of object statuses written or removed.',
    );
    const sizes = metrics.histogram(
      'flotilla_hub_state_commit_messages',
      'Messages of agents in one transaction.',
      [1, 4, 16, 64, 256, 1024],
    );
    this.commits = new GroupCommit({
      dataSource,
      write: async (manager, messages) => {
        const effects = await this.write(manager, messages);
        sizes.observe(messages.length);
        rows.inc(effects.reduce((sum, { upserts, deletes }) => sum + upserts.length + deletes.length, 0));
        return effects.map(({ outcome }) => outcome);
      },
      weigh: (message) => (message.type === 'heartbeat' ? 1 : 1 + message.rows.length),
      maxWeight: batchRows,
      onDatabaseAway: (err) => logger.warn({ err }, 'state of agents waits for the database'),
    });
  }

  /** Settles after the commit. */
  async submit(message: StateMessage): Promise<StateOutcome> {
    return this.commits.submit(message);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.commits.stop();
  }

  private async write(
    manager: EntityManager,
    messages: readonly StateMessage[],
  ): Promise<readonly StateEffect[]> {
    const held = await this.agents.lock(manager, messages);
    const rows = await this.objects.held(manager, messages.flatMap(keysOf));
    const effects = messages.map((message) => applyState(message, held.get(agentKey(message)), rows));
    const upserts = effects.flatMap((effect) => effect.upserts);
    await this.objects.upsert(manager, upserts);
    await this.revisions.remember(manager, movedOn(upserts, rows));
    await this.objects.remove(
      manager,
      effects.flatMap(({ deletes }) => deletes),
    );
    await this.agents.update(
      manager,
      effects.flatMap(({ update }) => update ?? []),
    );
    const removed = await this.finishSnapshots(manager, messages, effects);
    await this.changes.publish(manager, [...effects.flatMap(changesOf), ...removed]);
    return effects;
  }

  private async finishSnapshots(
    manager: EntityManager,
    messages: readonly StateMessage[],
    effects: readonly StateEffect[],
  ): Promise<readonly Change[]> {
    const removed: Change[] = [];
    for (const [i, message] of messages.entries()) {
      if (message.type !== 'snapshot' || !message.whole || effects[i]?.outcome.type !== 'held') continue;
      const keys = await this.objects.removeOthers(manager, message, message.whole.keys);
      removed.push(...keys.map((key) => objectChange({ ...message, key }, true)));
    }
    return removed;
  }
}

function keysOf(message: StateMessage): readonly OwnedKey[] {
  if (message.type === 'heartbeat') return [];
  const { clusterId, shard } = message;
  const keys = message.rows.map(({ key }) => key);
  return [...keys, ...(message.type === 'delta' ? message.deletes : [])].map((key) => ({
    clusterId,
    shard,
    key,
  }));
}

function changesOf({ upserts, deletes }: StateEffect): readonly Change[] {
  return [
    ...upserts.map(({ clusterId, shard, row }) => objectChange({ clusterId, shard, key: row.key }, false)),
    ...deletes.map((key) => objectChange(key, true)),
  ];
}

function objectChange({ clusterId, key }: OwnedKey, deleted: boolean): Change {
  return { topic: 'object', clusterId, key, deleted };
}
