import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** A client certificate that the hub has signed. */
export interface IssuedCertificate {
  /** Hexadecimal, as TLS shows it. */
  readonly serial: string;
  readonly clusterId: string;
  readonly issuedAt: Date;
  readonly notAfter: Date;
}

/** The rows of `cluster_certificates`. */
@Injectable()
export class CertificateStore {
  async insert(
    manager: EntityManager,
    { serial, clusterId, issuedAt, notAfter }: IssuedCertificate,
  ): Promise<void> {
    await manager.query(
      'INSERT INTO cluster_certificates (serial, cluster_id, issued_at, not_after) VALUES ($1, $2, $3, $4)',
      [serial, clusterId, issuedAt, notAfter],
    );
  }

  /** The cluster of a certificate that has been issued and not revoked. Whether it has expired is TLS's question. */
  async clusterOf(manager: EntityManager, serial: string): Promise<string | null> {
    const rows = await manager.query<{ clusterId: string }[]>(
      `SELECT cluster_certificates.cluster_id AS "clusterId" FROM cluster_certificates
       WHERE cluster_certificates.serial = $1 AND cluster_certificates.revoked_at IS NULL`,
      [serial],
    );
    return rows[0]?.clusterId ?? null;
  }

  /** Of these, the serials that must not be used any more: revoked, or gone with their cluster. */
  async refused(manager: EntityManager, serials: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await manager.query<{ serial: string }[]>(
      `SELECT serial FROM unnest($1::text[]) AS serial
       WHERE NOT EXISTS (SELECT FROM cluster_certificates
         WHERE cluster_certificates.serial = serial.serial AND cluster_certificates.revoked_at IS NULL)`,
      [serials],
    );
    return new Set(rows.map(({ serial }) => serial));
  }

  async revokeAll(manager: EntityManager, clusterId: string, at: Date): Promise<void> {
    await manager.query(
      `UPDATE cluster_certificates SET revoked_at = $2
       WHERE cluster_certificates.cluster_id = $1 AND cluster_certificates.revoked_at IS NULL`,
      [clusterId, at],
    );
  }

  /** Forgets certificates that expired before `before`. */
  async removeExpired(manager: EntityManager, before: Date): Promise<void> {
    await manager.query('DELETE FROM cluster_certificates WHERE cluster_certificates.not_after < $1', [
      before,
    ]);
  }
}
