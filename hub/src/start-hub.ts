import 'reflect-metadata';
import { folderError } from '@flotilla/common/flags/folder-error';
import { cannotListen } from '@flotilla/common/flags/cannot-listen';
import { formatAddress } from '@flotilla/common/flags/flag-schemas';
import type { ListenAddress } from '@flotilla/common/flags/flag-schemas';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { AppModule, entities } from './app.module.js';
import { GatewayService } from './gateway/gateway.service.js';
import { configureHttp } from './http/configure-http.js';
import { answerUnroutable, longestParameter } from './http/unroutable.js';
import { ChangeFeed } from './platform/changes/change-feed.js';
import { Notifications } from './platform/changes/notifications.js';
import { Clock } from './platform/clock.js';
import { listenHost } from './platform/config/listen-host.js';
import type { HubConfig } from './platform/config/hub-flags.js';
import { openDataSource } from './platform/database/data-source.js';
import { migrate } from './platform/database/migrate.js';
import { startEmbeddedPostgres } from './platform/embedded-postgres/embedded-postgres.js';
import { HttpErrorFilter } from './platform/errors/http-error.filter.js';
import { NestLogger } from './platform/logging/nest-logger.js';
import type { PlatformParts } from './platform/platform.module.js';

export interface HubOptions {
  readonly config: HubConfig;
  readonly logger: Logger;
  /** The system's clock unless a test brings its own. */
  readonly clock?: Clock;
}

/** A hub that answers. */
export interface RunningHub {
  readonly app: NestFastifyApplication;
  /** e.g. `http://127.0.0.1:8080`. */
  readonly httpUrl: string;
  /** host:port of AgentService (mutual TLS). */
  readonly agentAddress: string;
  /** host:port of EnrollmentService. */
  readonly enrolAddress: string;
  readonly databaseUrl: string;
  /** Says goodbye to agents, finishes requests, closes the database. */
  stop(): Promise<void>;
}

/** Starts everything in order: database, schema, application, listeners. What had started is stopped on failure. */
export async function startHub({ config, logger, clock = new Clock() }: HubOptions): Promise<RunningHub> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (let undo = stops.pop(); undo; undo = stops.pop()) await undo();
  };
  try {
    const databaseUrl = config.databaseUrl ?? (await embeddedDatabase(config, logger, stops));
    const applied = await migrate(databaseUrl);
    if (applied.length > 0) logger.info({ applied }, 'database schema is up to date');

    const dataSource = await openDataSource({ databaseUrl, poolSize: config.databasePool, entities, logger });
    stops.push(() => dataSource.destroy());
    const notifications = new Notifications(databaseUrl, logger);
    await notifications.start();
    stops.push(() => notifications.stop());
    const changeFeed = new ChangeFeed(notifications);
    await changeFeed.start();
    stops.push(async () => changeFeed.stop());

    const app = await createApp({
      config,
      logger,
      databaseUrl,
      clock,
      dataSource,
      notifications,
      changeFeed,
    });
    stops.push(() => app.close());
    await listen(app, config.httpAddr);
    const { agents, enrolment } = app.get(GatewayService).addresses;
    const httpUrl = `http://${boundAddress(app, config.httpAddr)}`;
    return { app, httpUrl, agentAddress: agents, enrolAddress: enrolment, databaseUrl, stop };
  } catch (error) {
    await stop();
    throw folderError(error, '--data-dir', config.dataDir);
  }
}

async function embeddedDatabase(
  config: HubConfig,
  logger: Logger,
  stops: (() => Promise<void>)[],
): Promise<string> {
  const postgres = await startEmbeddedPostgres(config.dataDir, logger);
  stops.push(() => postgres.stop());
  return postgres.url;
}

async function createApp(parts: PlatformParts): Promise<NestFastifyApplication> {
  // Live streams never end by themselves; a hub that stops must not wait for them.
  const { trustedProxies } = parts.config;
  const adapter = new FastifyAdapter({
    logger: false,
    bodyLimit: 1024 * 1024,
    forceCloseConnections: true,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    routerOptions: { maxParamLength: longestParameter },
    frameworkErrors: answerUnroutable(parts.logger),
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(parts), adapter, {
    logger: new NestLogger(parts.logger),
    abortOnError: false,
    // Webhooks sign the bytes that they send.
    rawBody: true,
  });
  app.useGlobalFilters(new HttpErrorFilter(parts.logger));
  configureHttp(app, parts.logger);
  return app;
}

async function listen(app: NestFastifyApplication, wanted: ListenAddress): Promise<void> {
  const [host, port] = [listenHost(wanted), wanted.port];
  try {
    await app.listen({ port, host });
  } catch (error) {
    // To listen starts the other listeners, too: what they say is whole already.
    if ((error as NodeJS.ErrnoException).syscall !== 'listen') throw error;
    throw cannotListen('--http-addr', formatAddress({ host, port }), error as Error);
  }
}

function boundAddress(app: NestFastifyApplication, wanted: ListenAddress): string {
  const bound = app.getHttpServer().address();
  const port = typeof bound === 'object' && bound ? bound.port : wanted.port;
  const everywhere = wanted.host === '' || wanted.host === '0.0.0.0' || wanted.host === '::';
  return formatAddress({ host: everywhere ? '127.0.0.1' : wanted.host, port });
}
