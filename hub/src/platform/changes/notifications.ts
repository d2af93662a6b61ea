import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import type { EntityManager } from 'typeorm';

/** PostgreSQL refuses payloads of 8,000 bytes and more. */
export const payloadLimitBytes = 7_500;

type Handler = (payload: string) => void;

interface Subscription {
  readonly handle: Handler;
  readonly onReconnect: () => void;
}

interface Connection {
  readonly lost: Promise<void>;
}

/**
 * LISTEN/NOTIFY among the replicas on one connection. A lost connection is made again; what was sent meanwhile is
 * lost, and subscribers are told so.
 */
export class Notifications {
  private readonly channels = new Map<string, Set<Subscription>>();
  private client: pg.Client | undefined;
  private stopped = false;
  private running: Promise<void> | undefined;
  private readonly abort = new AbortController();

  constructor(
    private readonly databaseUrl: string,
    private readonly logger: Logger,
  ) {}

  /** Whether notifications arrive just now. */
  get connected(): boolean {
    return this.client !== undefined;
  }

  /** Connects and keeps connected until `stop`. */
  async start(): Promise<void> {
    this.running = this.keep(await this.connect());
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.abort.abort();
    await this.client?.end().catch(() => undefined);
    await this.running;
  }

  /** Sends within the transaction of `manager`: nobody hears of what was rolled back. */
  async publish(manager: EntityManager, channel: string, payloads: readonly string[]): Promise<void> {
    if (payloads.length === 0) return;
    await manager.query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload', [
      channel,
      payloads,
    ]);
  }

  /** Calls `handle` for each payload, and `onReconnect` when some may have been missed. */
  async subscribe(channel: string, handle: Handler, onReconnect: () => void): Promise<void> {
    const subscriptions = this.channels.get(channel) ?? new Set();
    this.channels.set(channel, subscriptions.add({ handle, onReconnect }));
    await this.client?.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
  }

  /** Gives a promise that settles when the connection is lost; in an object, because await would wait for it. */
  private async connect(): Promise<Connection> {
    const client = new pg.Client({
      connectionString: this.databaseUrl,
      application_name: 'flotilla-hub notifications',
      connectionTimeoutMillis: 5000,
      keepAlive: true,
    });
    const lost = new Promise<void>((resolve) => {
      client.on('error', () => resolve());
      client.on('end', () => resolve());
    });
    client.on('notification', ({ channel, payload }) => this.dispatch(channel, payload ?? ''));
    await client.connect();
    for (const channel of this.channels.keys()) await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    this.client = client;
    return { lost };
  }

  private async keep(first: Connection): Promise<void> {
    let connection: Connection | undefined = first;
    while (!this.stopped) {
      await connection?.lost;
      connection = undefined;
      this.client = undefined;
      if (this.stopped) return;
      await sleep(500, undefined, { signal: this.abort.signal }).catch(() => undefined);
      try {
        connection = await this.connect();
        for (const subscriptions of this.channels.values())
          for (const { onReconnect } of subscriptions) onReconnect();
      } catch (err) {
        this.logger.warn({ err }, 'notifications of the database are not connected');
      }
    }
  }

  private dispatch(channel: string, payload: string): void {
    for (const { handle } of this.channels.get(channel) ?? []) {
      try {
        handle(payload);
      } catch (err) {
        this.logger.error({ err, channel }, 'notification was not handled');
      }
    }
  }
}
