import { Subject } from 'rxjs';
import type { Observable } from 'rxjs';
import type { EntityManager } from 'typeorm';
import { coalesceChanges, decodeChanges, encodeChanges } from './change.js';
import type { Change } from './change.js';
import { payloadLimitBytes } from './notifications.js';
import type { Notifications } from './notifications.js';

const channel = 'flotilla_changes';

/** `reset`: the connection was lost for a while; what a reader shows has to be read again. */
export type FeedMessage =
  | { readonly kind: 'changes'; readonly changes: readonly Change[] }
  | { readonly kind: 'reset' };

/** What has been committed by any replica, as it happens. */
export class ChangeFeed {
  private readonly subject = new Subject<FeedMessage>();
  readonly messages: Observable<FeedMessage> = this.subject.asObservable();

  constructor(private readonly notifications: Notifications) {}

  async start(): Promise<void> {
    await this.notifications.subscribe(
      channel,
      (payload) => this.subject.next({ kind: 'changes', changes: decodeChanges(payload) }),
      () => this.subject.next({ kind: 'reset' }),
    );
  }

  /** Tells all replicas, when and only when the transaction of `manager` commits. */
  async publish(manager: EntityManager, changes: readonly Change[]): Promise<void> {
    const payloads = encodeChanges(coalesceChanges(changes), payloadLimitBytes);
    await this.notifications.publish(manager, channel, payloads);
  }

  stop(): void {
    this.subject.complete();
  }
}
