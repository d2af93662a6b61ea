import { DataSource } from 'typeorm';
import type { EntityTarget, ObjectLiteral } from 'typeorm';
import type { Logger } from 'pino';

export interface DataSourceSettings {
  readonly databaseUrl: string;
  readonly poolSize: number;
  readonly entities: readonly EntityTarget<ObjectLiteral>[];
  readonly logger: Logger;
}

/** Connects the pool. The schema comes from the SQL migrations alone, never from the entities. */
export async function openDataSource({
  databaseUrl,
  poolSize,
  entities,
  logger,
}: DataSourceSettings): Promise<DataSource> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: databaseUrl,
    entities: entities as Function[],
    synchronize: false,
    migrationsRun: false,
    logging: false,
    poolSize,
    connectTimeoutMS: 10_000,
    applicationName: 'flotilla-hub',
    installExtensions: false,
    // An idle connection that breaks is replaced by the pool; the request that needs it next tells the user.
    poolErrorHandler: (err: unknown) => logger.warn({ err }, 'database connection lost'),
  });
  return dataSource.initialize();
}
