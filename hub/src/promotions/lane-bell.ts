import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Notifications } from '../platform/changes/notifications.js';
import type { LaneKey } from './promotion.store.js';

const channel = 'flotilla_promotion_lanes';

/** Lanes that somebody has to look at once a transaction has committed. */
@Injectable()
export class LaneBell {
  constructor(private readonly notifications: Notifications) {}

  /** Rings when and only when the transaction commits. */
  async ring(manager: EntityManager, lanes: readonly LaneKey[]): Promise<void> {
    await this.notifications.publish(manager, channel, [...new Set(lanes.map(laneText))]);
  }

  async listen(hear: (lane: string) => void, onReconnect: () => void): Promise<void> {
    await this.notifications.subscribe(channel, hear, onReconnect);
  }
}

/** A lane as the key of a job. Names of documents hold no slash. */
export function laneText({ pipeline, environment }: LaneKey): string {
  return `${pipeline}/${environment}`;
}

export function laneOf(text: string): LaneKey {
  const [pipeline = '', environment = ''] = text.split('/');
  return { pipeline, environment };
}
