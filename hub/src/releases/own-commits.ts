import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { revisionKey } from '../fleet/domain/gate.js';
import type { GitMirror } from '../platform/git/git-mirror.js';
import { LOGGER } from '../platform/logging/logger.js';
import { areOwnCommits, promotionTrailer } from './domain/own-commits.js';
import type { WatchRecord } from './watch.store.js';

const mostRemembered = 1_000;

/** Tells what promotions have written to a branch that is watched from what people have. */
@Injectable()
export class OwnCommits {
  /** What was found out: neither of two commits ever changes. */
  private readonly known = new Map<string, boolean>();

  constructor(
    private readonly database: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Whether all that a branch has got since a revision was written by promotions of the pipeline. @throws GitError */
  async areAll(
    { pipeline, url, branch, commit }: WatchRecord,
    since: string,
    mirror: () => Promise<GitMirror>,
  ): Promise<boolean> {
    const older = revisionKey(since);
    if (commit === null || commit === older) return false;
    const key = JSON.stringify([pipeline, url, branch, older, commit]);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const commits = await (await mirror()).commitsSince(branch, commit, older, promotionTrailer);
    const own = areOwnCommits(commits, await this.promotionsOf(pipeline, commits));
    if (own) this.logger.info({ pipeline, branch, commit }, 'commits of promotions make no release');
    this.remember(key, own);
    return own;
  }

  private async promotionsOf(
    pipeline: string,
    commits: readonly { readonly promotions: readonly string[] }[],
  ): Promise<ReadonlySet<string>> {
    const named = [...new Set(commits.flatMap(({ promotions }) => promotions))];
    if (named.length === 0) return new Set();
    const rows: { id: string }[] = await this.database.query(
      'SELECT id FROM promotions WHERE pipeline = $1 AND id = ANY($2)',
      [pipeline, named],
    );
    return new Set(rows.map(({ id }) => id));
  }

  private remember(key: string, own: boolean): void {
    this.known.set(key, own);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= mostRemembered) return;
      this.known.delete(oldest);
    }
  }
}
