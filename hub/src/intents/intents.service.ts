import { Injectable } from '@nestjs/common';
import { formatRef } from '@flotilla/common/kube/object';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../auth/access.js';
import { labelSelectorSql } from '../fleet/read-models/label-selector-sql.js';
import { IntentDelivery } from '../gateway/intent-port.js';
import { SqlConditions } from '../paging/sql-conditions.js';
import { AuditRecorder } from '../platform/audit/audit-recorder.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { Clock } from '../platform/clock.js';
import { invalid, notFound } from '../platform/errors/hub-error.js';
import { newId } from '../platform/ids.js';
import type { IntentAction } from './domain/intent.js';
import { firstProgress } from './domain/intent.js';
import type { IntentRecord } from './intent.store.js';
import { IntentStore } from './intent.store.js';
import type { IntentView } from './read-models/intent-list.js';
import { IntentList } from './read-models/intent-list.js';

/** What somebody asks of one object on some clusters. */
export interface IntentRequest {
  readonly action: IntentAction;
  /** Either names or a selector. */
  readonly clusters?: readonly string[] | undefined;
  readonly labelSelector?: string | undefined;
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly withSource: boolean;
  readonly ttlSeconds: number;
}

/** Makes intents: one a cluster, all of them or none, with their audit record. */
@Injectable()
export class IntentsService {
  constructor(
    private readonly database: DataSource,
    private readonly intents: IntentStore,
    private readonly list: IntentList,
    private readonly delivery: IntentDelivery,
    private readonly audit: AuditRecorder,
    private readonly changes: ChangeFeed,
    private readonly clock: Clock,
  ) {}

  /** @throws HubError NotFound for an unknown cluster, Invalid for a selector that finds none */
  async create(request: IntentRequest, caller: Caller): Promise<readonly IntentView[]> {
    return this.database.transaction(async (manager) => {
      const targets = await this.intents.targets(manager, chosenClusters(request), request.object);
      refuseMissing(request, new Set(targets.map(({ cluster }) => cluster)));
      const now = this.clock.now();
      const common = {
        action: request.action,
        ...request.object,
        withSource: request.withSource,
        requestedBy: caller.name,
        createdAt: now,
        updatedAt: now,
        expiresAt: new Date(now.getTime() + request.ttlSeconds * 1000),
      };
      const records = targets.map((target) => ({
        ...common,
        ...firstProgress(target, formatRef(request.object)),
        id: newId(),
        clusterId: target.clusterId,
        apiVersion: target.apiVersion ?? '',
      }));
      await this.store(manager, records);
      await this.note(
        manager,
        request,
        targets.map(({ cluster }) => cluster),
        caller,
      );
      return this.list.byIds(
        records.map(({ id }) => id),
        manager,
      );
    });
  }

  private async store(manager: EntityManager, records: readonly IntentRecord[]): Promise<void> {
    await this.intents.insert(manager, records);
    const news = records.map(({ id, clusterId }) => ({
      topic: 'intent' as const,
      clusterId,
      key: id,
      deleted: false,
    }));
    await this.changes.publish(manager, news);
    const waiting = records.filter(({ state }) => state === 'Pending').map(({ clusterId }) => clusterId);
    if (waiting.length > 0) await this.delivery.announce(manager, waiting);
  }

  private async note(
    manager: EntityManager,
    { action, object, withSource, ttlSeconds, labelSelector }: IntentRequest,
    clusters: readonly string[],
    { name: actor, requestId }: Caller,
  ): Promise<void> {
    const details = { action, withSource, ttlSeconds, labelSelector, clusters };
    await this.audit.record(manager, {
      actor,
      requestId,
      action: 'intent.created',
      subject: formatRef(object),
      details,
    });
  }
}

function chosenClusters({ clusters, labelSelector }: IntentRequest): SqlConditions {
  const where = new SqlConditions();
  where.anyOf('c.name', clusters);
  if (labelSelector !== undefined) where.add((bind) => labelSelectorSql(labelSelector, 'c.labels', bind));
  return where;
}

function refuseMissing({ clusters, labelSelector }: IntentRequest, found: ReadonlySet<string>): void {
  const missing = (clusters ?? []).filter((name) => !found.has(name));
  if (missing.length > 0) {
    const names = missing
      .slice(0, 10)
      .map((name) => `"${name}"`)
      .join(', ');
    throw notFound(`cluster ${names} does not exist`, {
      field: 'clusters',
      remedy: 'flotilla get clusters lists the known ones',
    });
  }
  if (found.size === 0) {
    throw invalid('labelSelector', `labelSelector "${labelSelector ?? ''}" matches no cluster`, {
      remedy: 'flotilla get clusters shows the labels',
    });
  }
}
