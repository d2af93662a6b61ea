import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../../platform/clock.js';
import { notFound } from '../../platform/errors/hub-error.js';
import { ClusterList } from './cluster-list.js';
import type { ObjectRow, ObjectView } from './object-view.js';
import { objectColumns, objectView } from './object-view.js';

export interface ObjectAddress {
  readonly name: string;
  readonly kind: string;
  readonly namespace: string;
  readonly object: string;
}

/** One object with its conditions. */
@Injectable()
export class ObjectDetails {
  constructor(
    private readonly database: DataSource,
    private readonly clusters: ClusterList,
    private readonly clock: Clock,
  ) {}

  /** @throws HubError NotFound, which tells a missing cluster from a missing object */
  async get({ name: cluster, kind, namespace, object }: ObjectAddress): Promise<ObjectView> {
    const rows: ObjectRow[] = await this.database.query(
      `SELECT ${objectColumns}, o.conditions FROM fleet_objects o
       WHERE o.cluster = $1 AND o.kind = $2 AND o.namespace = $3 AND o.name = $4
       ORDER BY o.observed_at DESC NULLS LAST, o.api_version LIMIT 1`,
      [cluster, kind, namespace, object],
    );
    const [row] = rows;
    if (row) return objectView(row, this.clock.now());
    await this.clusters.byName(cluster);
    throw notFound(`${kind}/${namespace}/${object} is not reported by cluster "${cluster}"`, {
      remedy: `flotilla get objects --cluster ${cluster} lists what it reports`,
    });
  }
}
