import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuthorStore } from './author.store.js';
import { itemsDigest } from './domain/items-digest.js';
import type { Contributions, ReleaseItem, ReleaseRecord } from './releases.js';
import { Releases } from './releases.js';

const columns = `r.id, r.pipeline, r.name, r.number, release_items(r.id, r.items) AS items, r.created_by AS "createdBy", r.created_at AS "createdAt"`;

/** The table of releases: rows are added, never changed. */
@Injectable()
export class ReleaseStore extends Releases {
  constructor(private readonly authors: AuthorStore) {
    super();
  }

  async contributions(
    manager: EntityManager,
    pipeline: string,
    range: { readonly after: number; readonly upTo: number },
    now: Date,
  ): Promise<Contributions> {
    const found = await this.authors.contributions(manager, pipeline, range);
    // An agent may have told just now.
    if (found.unknown === null || (await this.authors.learnReported(manager, pipeline, now)) === 0)
      return found;
    return this.authors.contributions(manager, pipeline, range);
  }

  async get(manager: EntityManager, idOrName: string): Promise<ReleaseRecord | null> {
    const rows: ReleaseRecord[] = await manager.query(
      `SELECT ${columns} FROM releases r WHERE r.id = $1 OR r.name = $1`,
      [idOrName],
    );
    return rows[0] ?? null;
  }

  async byIds(manager: EntityManager, ids: readonly string[]): Promise<readonly ReleaseRecord[]> {
    return manager.query(`SELECT ${columns} FROM releases r WHERE r.id = ANY($1) ORDER BY r.id`, [ids]);
  }

  async latest(manager: EntityManager, pipeline: string): Promise<ReleaseRecord | null> {
    const rows: ReleaseRecord[] = await manager.query(
      `SELECT ${columns} FROM releases r WHERE r.pipeline = $1 ORDER BY r.number DESC LIMIT 1`,
      [pipeline],
    );
    return rows[0] ?? null;
  }

  /** The release that holds the same. */
  async same(
    manager: EntityManager,
    pipeline: string,
    items: readonly Pick<ReleaseItem, 'source' | 'revision'>[],
  ): Promise<ReleaseRecord | null> {
    const rows: ReleaseRecord[] = await manager.query(
      `SELECT ${columns} FROM releases r WHERE r.pipeline = $1 AND r.items_digest = $2`,
      [pipeline, itemsDigest(items)],
    );
    return rows[0] ?? null;
  }

  async insert(
    manager: EntityManager,
    release: ReleaseRecord,
    makerEmails: readonly string[],
  ): Promise<void> {
    const { id, pipeline, number, name, items, createdBy, createdAt } = release;
    await manager.query(
      `INSERT INTO releases (id, pipeline, number, name, items, items_digest, created_by, created_at,
         maker_emails)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        id,
        pipeline,
        number,
        name,
        JSON.stringify(items),
        itemsDigest(items),
        createdBy,
        createdAt,
        makerEmails,
      ],
    );
  }
}
