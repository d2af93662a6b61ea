import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { Clock } from '../platform/clock.js';
import { notFound } from '../platform/errors/hub-error.js';
import { CertificateStore } from './certificate.store.js';
import type { Cluster } from './cluster.js';
import { ClusterStore } from './cluster.store.js';
import { SessionControl } from './session-control.js';

/**
 * What admins decide about clusters. Every method runs in the transaction of its caller, which audits it there;
 * sessions are cut and readers are told when that commits.
 */
@Injectable()
export class ClustersService {
  constructor(
    private readonly clusters: ClusterStore,
    private readonly certificates: CertificateStore,
    private readonly sessions: SessionControl,
    private readonly changes: ChangeFeed,
    private readonly clock: Clock,
  ) {}

  /** @throws HubError NotFound */
  async getByName(manager: EntityManager, name: string): Promise<Cluster> {
    const cluster = await this.clusters.findByName(manager, name);
    return cluster ?? this.missing(name);
  }

  /** Replaces the labels. @throws HubError NotFound */
  async setLabels(
    manager: EntityManager,
    name: string,
    labels: Readonly<Record<string, string>>,
  ): Promise<Cluster> {
    const cluster = await this.lock(manager, name);
    await this.clusters.setLabels(manager, cluster.id, labels);
    await this.tell(manager, cluster, false);
    return { ...cluster, labels };
  }

  /** Cuts the identity off at once; what the hub knows of the cluster stays. @throws HubError NotFound */
  async revoke(manager: EntityManager, name: string, reason: string): Promise<Cluster> {
    const cluster = await this.lock(manager, name);
    const now = this.clock.now();
    await this.clusters.revoke(manager, cluster.id, reason, now);
    await this.certificates.revokeAll(manager, cluster.id, now);
    await this.sessions.send(manager, [
      { type: 'cut', clusterId: cluster.id, cause: 'revoked', message: reason },
    ]);
    await this.tell(manager, cluster, false);
    return { ...cluster, revokedAt: now, revokedReason: reason };
  }

  /** Cuts the identity off and forgets the cluster. @throws HubError NotFound */
  async remove(manager: EntityManager, name: string): Promise<Cluster> {
    const cluster = await this.lock(manager, name);
    await this.clusters.remove(manager, cluster.id);
    const message = 'the cluster was removed from the fleet';
    await this.sessions.send(manager, [{ type: 'cut', clusterId: cluster.id, cause: 'revoked', message }]);
    await this.tell(manager, cluster, true);
    return cluster;
  }

  private async lock(manager: EntityManager, name: string): Promise<Cluster> {
    return (await this.clusters.lockByName(manager, name)) ?? this.missing(name);
  }

  private missing(name: string): never {
    throw notFound(`cluster "${name}" does not exist`, {
      remedy: 'flotilla get clusters lists the known ones',
    });
  }

  private async tell(manager: EntityManager, { id, name }: Cluster, deleted: boolean): Promise<void> {
    await this.changes.publish(manager, [{ topic: 'cluster', clusterId: id, key: name, deleted }]);
  }
}
