import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { repositoryOf } from '../fleet/domain/repository.js';
import { revisionKey } from '../fleet/domain/gate.js';
import type { VetoRecord, VetoTarget } from './standing.js';

/** More in force than these are kept by the hub alone: an agent's cluster holds a megabyte at most. */
export const mostVetoesOfAgents = 1_000;

const columns = `v.id, v.url, v.revision, v.reason, v.requested_by AS "requestedBy", v.rollout_id AS "rolloutId",
  v.created_at AS "createdAt"`;

/** The table of vetoes. */
@Injectable()
export class VetoStore {
  /** Gives the id of the veto that stands, and whether it is this one. */
  async insert(
    manager: EntityManager,
    veto: VetoRecord,
  ): Promise<{ readonly id: string; readonly isNew: boolean }> {
    const key = revisionKey(veto.revision);
    const rows = await manager.query<{ id: string }[]>(
      `INSERT INTO vetoes AS v (id, url, repository, revision, revision_key, reason, requested_by, rollout_id, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       ON CONFLICT (url, revision_key) WHERE lifted_at IS NULL DO UPDATE SET url = v.url RETURNING v.id`,
      [
        veto.id,
        veto.url,
        repositoryOf(veto.url),
        veto.revision,
        key,
        veto.reason,
        veto.requestedBy,
        veto.rolloutId,
        veto.createdAt,
      ],
    );
    const { id } = rows[0]!;
    return { id, isNew: id === veto.id };
  }

  /** Gives what was lifted; undefined when it was lifted before, or never was. */
  async lift(
    manager: EntityManager,
    id: string,
    lifted: { readonly by: string; readonly reason: string; readonly at: Date },
  ): Promise<VetoTarget | undefined> {
    const [rows] = await manager.query<[VetoTarget[], number]>(
      `UPDATE vetoes SET lifted_at = $2, lifted_by = $3, lifted_reason = $4
       WHERE vetoes.id = $1 AND vetoes.lifted_at IS NULL RETURNING vetoes.url, vetoes.revision`,
      [id, lifted.at, lifted.by, lifted.reason],
    );
    return rows[0];
  }

  /** Those in force that an agent is told of, the newest where there are too many. */
  async inForce(manager: EntityManager): Promise<readonly VetoRecord[]> {
    return manager.query(
      `SELECT ${columns} FROM vetoes v WHERE v.lifted_at IS NULL ORDER BY v.id DESC LIMIT ${mostVetoesOfAgents}`,
    );
  }

  async countInForce(manager: EntityManager): Promise<number> {
    const rows = await manager.query<{ count: number }[]>(
      'SELECT count(*)::int AS count FROM vetoes WHERE vetoes.lifted_at IS NULL',
    );
    return rows[0]!.count;
  }

  /** Those in force of any of these, whichever way the repository is addressed. */
  async of(manager: EntityManager, items: readonly VetoTarget[]): Promise<readonly VetoRecord[]> {
    if (items.length === 0) return [];
    return manager.query(
      `SELECT ${columns} FROM vetoes v WHERE v.lifted_at IS NULL AND EXISTS (
         SELECT FROM unnest($1::text[], $2::text[]) AS item (repository, revision_key)
         WHERE item.repository = v.repository AND item.revision_key = v.revision_key)
       ORDER BY v.id`,
      [items.map(({ url }) => repositoryOf(url)), items.map(({ revision }) => revisionKey(revision))],
    );
  }
}
