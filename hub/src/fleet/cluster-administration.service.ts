import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../auth/access.js';
import { ClusterStore } from '../clusters/cluster.store.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { AuditRecorder } from '../platform/audit/audit-recorder.js';
import { ClusterList } from './read-models/cluster-list.js';
import type { ClusterView } from './read-models/cluster-view.js';

/** What admins do to clusters: each in one transaction with its audit record. */
@Injectable()
export class ClusterAdministration {
  constructor(
    private readonly database: DataSource,
    private readonly clusters: ClustersService,
    private readonly store: ClusterStore,
    private readonly list: ClusterList,
    private readonly audit: AuditRecorder,
  ) {}

  /** Sets the named labels, removes those that are null. @throws HubError NotFound */
  async label(
    name: string,
    change: Readonly<Record<string, string | null>>,
    caller: Caller,
  ): Promise<ClusterView> {
    return this.database.transaction(async (manager) => {
      // Locked first, so that two changes at the same time both count.
      const before =
        (await this.store.lockByName(manager, name)) ?? (await this.clusters.getByName(manager, name));
      const labels = mergeLabels(before.labels, change);
      await this.clusters.setLabels(manager, name, labels);
      await this.note(manager, caller, 'cluster.labelled', name, { change });
      return this.list.byName(name, manager);
    });
  }

  /** @throws HubError NotFound */
  async revoke(name: string, reason: string, caller: Caller): Promise<ClusterView> {
    return this.database.transaction(async (manager) => {
      await this.clusters.revoke(manager, name, reason);
      await this.note(manager, caller, 'cluster.revoked', name, { reason });
      return this.list.byName(name, manager);
    });
  }

  /** @throws HubError NotFound */
  async remove(name: string, caller: Caller): Promise<void> {
    await this.database.transaction(async (manager) => {
      const { id } = await this.clusters.remove(manager, name);
      await this.note(manager, caller, 'cluster.deleted', name, { id });
    });
  }

  private async note(
    manager: EntityManager,
    { name: actor, requestId }: Caller,
    action: string,
    cluster: string,
    details: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await this.audit.record(manager, { actor, requestId, action, subject: `cluster/${cluster}`, details });
  }
}

function mergeLabels(
  before: Readonly<Record<string, string>>,
  change: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const merged: Record<string, string | null> = { ...before, ...change };
  return Object.fromEntries(
    Object.entries(merged).flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
  );
}
