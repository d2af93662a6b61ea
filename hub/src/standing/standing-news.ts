import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Notifications } from '../platform/changes/notifications.js';

const channel = 'flotilla_standing';

/** Tells all replicas that freezes or vetoes have changed, so that the sets of the fleet are to be computed again. */
@Injectable()
export class StandingNews {
  constructor(private readonly notifications: Notifications) {}

  /** Is heard when the transaction of `manager` commits. */
  async tell(manager: EntityManager): Promise<void> {
    await this.notifications.publish(manager, channel, ['']);
  }

  /** Calls `hear` then, and when the word may have been missed. */
  async listen(hear: () => void): Promise<void> {
    await this.notifications.subscribe(channel, hear, hear);
  }
}
