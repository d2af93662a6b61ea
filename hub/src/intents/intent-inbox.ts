import { Injectable } from '@nestjs/common';
import { IntentResult_State } from '@flotilla/proto/flotilla/v1/intent';
import type { IntentResult } from '@flotilla/proto/flotilla/v1/intent';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { IntentPort } from '../gateway/intent-port.js';
import type { OutgoingIntent } from '../gateway/intent-port.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { Clock } from '../platform/clock.js';
import type { IntentEvent } from './domain/intent.js';
import { nextProgress } from './domain/intent.js';
import type { IntentRecord } from './intent.store.js';
import { IntentStore } from './intent.store.js';
import { toWire } from './wire.js';

type AnswerState = Extract<IntentEvent, { readonly type: 'answered' }>['state'];

const answerStates = new Map<IntentResult_State, AnswerState>([
  [IntentResult_State.STATE_ACCEPTED, 'Accepted'],
  [IntentResult_State.STATE_SUCCEEDED, 'Succeeded'],
  [IntentResult_State.STATE_FAILED, 'Failed'],
  [IntentResult_State.STATE_REFUSED, 'Refused'],
]);
const longestMessage = 4_096;

/** The gateway's side of the intents: what is to be sent, and what became of it. */
@Injectable()
export class IntentInbox extends IntentPort {
  constructor(
    private readonly database: DataSource,
    private readonly intents: IntentStore,
    private readonly changes: ChangeFeed,
    private readonly clock: Clock,
  ) {
    super();
  }

  async open(clusterId: string): Promise<readonly OutgoingIntent[]> {
    const records = await this.intents.open(this.database.manager, clusterId, this.clock.now());
    return records.map(toWire);
  }

  async delivered(clusterId: string, ids: readonly string[], at: Date): Promise<void> {
    await this.advance(clusterId, ids, { type: 'delivered' }, at);
  }

  async record(clusterId: string, result: IntentResult, at: Date): Promise<void> {
    const state = answerStates.get(result.state);
    if (state === undefined) return;
    const message = result.message.slice(0, longestMessage);
    await this.advance(clusterId, [result.id], { type: 'answered', state, message }, at);
  }

  private async advance(
    clusterId: string,
    ids: readonly string[],
    event: IntentEvent,
    at: Date,
  ): Promise<void> {
    if (ids.length === 0) return;
    await this.database.transaction(async (manager) => {
      const records = await this.intents.lock(manager, clusterId, ids);
      const changed = await this.advanceEach(manager, records, event, at);
      const news = changed.map((id) => ({ topic: 'intent' as const, clusterId, key: id, deleted: false }));
      if (news.length > 0) await this.changes.publish(manager, news);
    });
  }

  private async advanceEach(
    manager: EntityManager,
    records: readonly IntentRecord[],
    event: IntentEvent,
    at: Date,
  ): Promise<readonly string[]> {
    const changed: string[] = [];
    for (const record of records) {
      const next = nextProgress(record, event);
      if (next === null) continue;
      await this.intents.update(manager, record.id, next, at);
      changed.push(record.id);
    }
    return changed;
  }
}
