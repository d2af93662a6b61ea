import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { Notifications } from '../platform/changes/notifications.js';

const channel = 'flotilla_sessions';

/** What the replica that holds a cluster's stream is to do. */
export const sessionCommand = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('cut'),
    clusterId: z.string(),
    cause: z.enum(['revoked', 'cloned']),
    message: z.string(),
  }),
  /** Only the session with this id: another stream has taken its place. */
  z.object({ type: z.literal('supersede'), clusterId: z.string(), sessionId: z.string() }),
  z.object({ type: z.literal('intents'), clusterId: z.string() }),
  z.object({ type: z.literal('standing'), clusterId: z.string() }),
  z.object({ type: z.literal('questions'), clusterId: z.string() }),
]);
export type SessionCommand = z.infer<typeof sessionCommand>;

/** Reaches a session wherever it is. Commands are hints: what they stand for is in the database. */
@Injectable()
export class SessionControl {
  constructor(private readonly notifications: Notifications) {}

  /** Sends when the transaction of `manager` commits. */
  async send(manager: EntityManager, commands: readonly SessionCommand[]): Promise<void> {
    await this.notifications.publish(
      manager,
      channel,
      commands.map((command) => JSON.stringify(command)),
    );
  }

  /** `onReconnect`: commands may have been missed. */
  async listen(handle: (command: SessionCommand) => void, onReconnect: () => void): Promise<void> {
    await this.notifications.subscribe(
      channel,
      (payload) => handle(sessionCommand.parse(JSON.parse(payload))),
      onReconnect,
    );
  }
}
