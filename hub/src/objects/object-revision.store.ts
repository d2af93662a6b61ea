import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { OwnedRow } from './object-status.store.js';

/** So many are kept of each object; some more until they are cleared away. */
const kept = 20;

/** Seen before, they keep the time when they were seen first. */
const rememberSql = `INSERT INTO object_revisions (cluster_id, object_key, revision, first_at)
  SELECT DISTINCT ON (1, 2, 3) * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
  ON CONFLICT DO NOTHING`;

/** An object is cleared with every eighth of its revisions: a commit to the whole fleet must not clear them all. */
const clearSql = `DELETE FROM object_revisions r
  USING (SELECT DISTINCT n.cluster_id, n.object_key FROM unnest($1::text[], $2::text[], $3::text[])
    AS n (cluster_id, object_key, revision) WHERE hashtext(n.object_key || n.revision) % 8 = 0) n
  WHERE r.cluster_id = n.cluster_id AND r.object_key = n.object_key AND r.first_at < (
    SELECT older.first_at FROM object_revisions older
    WHERE older.cluster_id = n.cluster_id AND older.object_key = n.object_key
    ORDER BY older.first_at DESC OFFSET ${kept - 1} LIMIT 1)`;

/** The last revisions that each Kustomization has applied, so that a cluster which moved on has still reached a commit. */
@Injectable()
export class ObjectRevisionStore {
  /** Remembers the revisions of these rows and forgets the oldest ones of the same objects. */
  async remember(manager: EntityManager, rows: readonly OwnedRow[]): Promise<void> {
    if (rows.length === 0) return;
    const revisions = [
      rows.map(({ clusterId }) => clusterId),
      rows.map(({ row }) => row.key),
      rows.map(({ row }) => row.revision),
    ];
    await manager.query(rememberSql, [...revisions, rows.map(({ row }) => row.changedAt)]);
    await manager.query(clearSql, revisions);
  }
}
