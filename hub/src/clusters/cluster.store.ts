import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Cluster } from './cluster.js';

const columns = `clusters.id, clusters.name, clusters.uid, clusters.labels, clusters.enrolled_at AS "enrolledAt",
  clusters.revoked_at AS "revokedAt", clusters.revoked_reason AS "revokedReason",
  clusters.quarantined_at AS "quarantinedAt", clusters.quarantine_reason AS "quarantineReason"`;

/** With the hash of a name or uid. */
const enrolmentLock = 0x656e_726f;

/** The rows of `clusters`. Every method runs in the transaction of its caller. */
@Injectable()
export class ClusterStore {
  async find(manager: EntityManager, id: string): Promise<Cluster | null> {
    return this.one(manager, 'WHERE clusters.id = $1', [id]);
  }

  async findByName(manager: EntityManager, name: string): Promise<Cluster | null> {
    return this.one(manager, 'WHERE clusters.name = $1', [name]);
  }

  /** The row, locked until the transaction ends. */
  async lock(manager: EntityManager, id: string): Promise<Cluster | null> {
    return this.one(manager, 'WHERE clusters.id = $1 FOR UPDATE', [id]);
  }

  /** The row, locked until the transaction ends. */
  async lockByName(manager: EntityManager, name: string): Promise<Cluster | null> {
    return this.one(manager, 'WHERE clusters.name = $1 FOR UPDATE', [name]);
  }

  async findByUid(manager: EntityManager, uid: string): Promise<Cluster | null> {
    return this.one(manager, 'WHERE clusters.uid = $1', [uid]);
  }

  /** Serialises enrolments under the same name or uid, so that these are checked before they are taken. */
  async lockForEnrolment(manager: EntityManager, name: string, uid: string): Promise<void> {
    // In one order for all, so that nobody waits for one who waits for him.
    await manager.query(
      `SELECT pg_advisory_xact_lock($1, key) FROM (SELECT DISTINCT hashtext(word) AS key
         FROM unnest($2::text[]) AS word ORDER BY key) keys`,
      [enrolmentLock, [`name ${name}`, `uid ${uid}`]],
    );
  }

  async insert(manager: EntityManager, cluster: Cluster): Promise<void> {
    await manager.query(
      'INSERT INTO clusters (id, name, uid, labels, enrolled_at) VALUES ($1, $2, $3, $4, $5)',
      [cluster.id, cluster.name, cluster.uid, JSON.stringify(cluster.labels), cluster.enrolledAt],
    );
  }

  /** Enrolled again: new labels, and whatever cut it off is over. */
  async reenrol(
    manager: EntityManager,
    id: string,
    labels: Readonly<Record<string, string>>,
    at: Date,
  ): Promise<void> {
    await manager.query(
      `UPDATE clusters SET labels = $2, enrolled_at = $3, revoked_at = NULL, revoked_reason = NULL,
         quarantined_at = NULL, quarantine_reason = NULL WHERE clusters.id = $1`,
      [id, JSON.stringify(labels), at],
    );
  }

  async setLabels(
    manager: EntityManager,
    id: string,
    labels: Readonly<Record<string, string>>,
  ): Promise<void> {
    await manager.query('UPDATE clusters SET labels = $2 WHERE clusters.id = $1', [
      id,
      JSON.stringify(labels),
    ]);
  }

  async revoke(manager: EntityManager, id: string, reason: string, at: Date): Promise<void> {
    await manager.query('UPDATE clusters SET revoked_at = $2, revoked_reason = $3 WHERE clusters.id = $1', [
      id,
      at,
      reason,
    ]);
  }

  async quarantine(manager: EntityManager, id: string, reason: string, at: Date): Promise<void> {
    await manager.query(
      'UPDATE clusters SET quarantined_at = $2, quarantine_reason = $3 WHERE clusters.id = $1',
      [id, at, reason],
    );
  }

  /** Removes the cluster with its agents, certificates, objects and records. */
  async remove(manager: EntityManager, id: string): Promise<void> {
    await manager.query('DELETE FROM clusters WHERE clusters.id = $1', [id]);
  }

  private async one(manager: EntityManager, where: string, parameters: unknown[]): Promise<Cluster | null> {
    const rows = await manager.query<Cluster[]>(`SELECT ${columns} FROM clusters ${where}`, parameters);
    return rows[0] ?? null;
  }
}
