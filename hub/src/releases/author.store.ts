import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Contribution, Contributions, ReleaseItem } from './releases.js';

/** The condition of the index over releases with an author to learn. */
const hasUnknown = `r.items @? '$[*] ? (@.authorUnknown == true)'`;
const sourceOf = `concat_ws('/', i -> 'source' ->> 'kind', i -> 'source' ->> 'namespace', i -> 'source' ->> 'name')`;
const key = (column: string) => `regexp_replace(${column}, '^.*[:@]', '')`;
/** The newest ones; what is older than these is not promoted as a rule. */
const atOnce = 50;

/** An item whose author is to be found out, and what it came after. */
export interface UnknownItem extends Pick<ReleaseItem, 'source' | 'revision'> {
  readonly releaseId: string;
  /** Of the release before; null for the first. */
  readonly since: string | null;
}

/** Who made what: of releases, and of items whose author was not known when the release was made. */
@Injectable()
export class AuthorStore {
  async contributions(
    manager: EntityManager,
    pipeline: string,
    { after, upTo }: { readonly after: number; readonly upTo: number },
  ): Promise<Contributions> {
    const rows = await manager.query<(Contribution & { what: 'author' | 'maker' | 'unknown' })[]>(
      `WITH r AS (
         SELECT r.number, r.name, r.created_by, r.maker_emails, release_items(r.id, r.items) AS items FROM releases r
         WHERE r.pipeline = $1 AND r.number > $2 AND r.number <= $3
       )
       SELECT 'author' AS what, a.author AS text, min(r.number) AS number
       FROM r, jsonb_array_elements(r.items) i, jsonb_array_elements_text(i -> 'authors') AS a (author) GROUP BY 2
       UNION ALL SELECT 'author', m.email, min(r.number) FROM r, unnest(r.maker_emails) AS m (email) GROUP BY 2
       UNION ALL SELECT 'maker', r.created_by, min(r.number) FROM r WHERE r.created_by <> 'hub' GROUP BY 2
       UNION ALL (SELECT 'unknown', format('%s (%s)', r.name, ${sourceOf}), r.number
         FROM r, jsonb_array_elements(r.items) i WHERE i ->> 'authorUnknown' = 'true' ORDER BY r.number LIMIT 1)
       ORDER BY 1, 3, 2`,
      [pipeline, after, upTo],
    );
    const of = (what: string) =>
      rows.filter((row) => row.what === what).map(({ text, number }) => ({ text, number }));
    return { authors: of('author'), makers: of('maker'), unknown: of('unknown')[0] ?? null };
  }

  /** Takes down what agents say of commits whose author was not known. Gives how many items that helped. */
  async learnReported(manager: EntityManager, pipeline: string, now: Date): Promise<number> {
    const rows: unknown[] = await manager.query(
      `INSERT INTO release_authors (release_id, source, authors, learned_at)
       SELECT n.id, n.source, jsonb_agg(DISTINCT o.revision_author), $2
       FROM (${unknownItems}) n CROSS JOIN fleet_clusters c
       JOIN object_statuses o ON o.cluster_id = c.id AND o.kind = n.kind AND o.namespace = n.namespace
         AND o.name = n.name AND o.revision_author <> '' AND ${key('o.revision')} = ${key('n.revision')}
       WHERE n.kind = 'GitRepository'
       GROUP BY n.id, n.source ON CONFLICT DO NOTHING RETURNING release_id`,
      [pipeline, now],
    );
    return rows.length;
  }

  /** Items whose author is still to be found out. */
  async unknown(manager: EntityManager, pipeline: string): Promise<readonly UnknownItem[]> {
    const rows: {
      id: string;
      kind: string;
      namespace: string;
      name: string;
      revision: string;
      since: string | null;
    }[] = await manager.query(
      `SELECT n.id, n.kind, n.namespace, n.name, n.revision, (
           SELECT b ->> 'revision' FROM releases p, jsonb_array_elements(p.items) b
           WHERE p.pipeline = $1 AND p.number = n.number - 1 AND b -> 'source' = n.item -> 'source') AS since
         FROM (${unknownItems}) n`,
      [pipeline],
    );
    return rows.map(({ id, revision, since, ...source }) => ({ releaseId: id, source, revision, since }));
  }

  async learn(
    manager: EntityManager,
    { releaseId, source: { kind, namespace, name } }: UnknownItem,
    authors: readonly string[],
    now: Date,
  ): Promise<void> {
    await manager.query(
      `INSERT INTO release_authors (release_id, source, authors, learned_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING`,
      [releaseId, `${kind}/${namespace}/${name}`, JSON.stringify(authors), now],
    );
  }
}

const unknownItems = `SELECT r.id, r.number, i AS item, ${sourceOf} AS source, i -> 'source' ->> 'kind' AS kind,
    i -> 'source' ->> 'namespace' AS namespace, i -> 'source' ->> 'name' AS name, i ->> 'revision' AS revision
  FROM releases r, jsonb_array_elements(r.items) i
  WHERE r.pipeline = $1 AND ${hasUnknown} AND i ->> 'authorUnknown' = 'true' AND NOT EXISTS (
    SELECT FROM release_authors a WHERE a.release_id = r.id AND a.source = ${sourceOf})
  ORDER BY r.number DESC LIMIT ${atOnce}`;
