import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CertificateStore } from '../clusters/certificate.store.js';
import type { Cluster } from '../clusters/cluster.js';
import { ClusterStore } from '../clusters/cluster.store.js';
import { SessionControl } from '../clusters/session-control.js';
import { AuditRecorder } from '../platform/audit/audit-recorder.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { Clock } from '../platform/clock.js';

/** Cuts off identities that are in use twice: nobody can tell the agent from its copy. */
@Injectable()
export class Quarantine {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clusters: ClusterStore,
    private readonly certificates: CertificateStore,
    private readonly control: SessionControl,
    private readonly audit: AuditRecorder,
    private readonly changes: ChangeFeed,
    private readonly clock: Clock,
  ) {}

  /** Quarantines the cluster, on all replicas. Gives it as it is now; null when it is gone. */
  async clones(clusterId: string, shard: string): Promise<Cluster | null> {
    return this.dataSource.transaction(async (manager) => {
      const cluster = await this.clusters.lock(manager, clusterId);
      if (!cluster || cluster.quarantinedAt) return cluster;
      const now = this.clock.now();
      const reason =
        'two processes used the same certificate at the same time; find out which one is not yours, then enrol the cluster again with a new join token';
      await this.clusters.quarantine(manager, clusterId, reason, now);
      await this.certificates.revokeAll(manager, clusterId, now);
      await this.audit.record(manager, {
        actor: 'hub',
        action: 'cluster.quarantined',
        subject: `cluster/${cluster.name}`,
        details: { clusterId, shard, reason },
      });
      await this.control.send(manager, [{ type: 'cut', clusterId, cause: 'cloned', message: reason }]);
      await this.changes.publish(manager, [
        { topic: 'cluster', clusterId, key: cluster.name, deleted: false },
      ]);
      return { ...cluster, quarantinedAt: now, quarantineReason: reason };
    });
  }
}
