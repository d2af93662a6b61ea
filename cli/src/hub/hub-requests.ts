import type { z } from 'zod';
import { CliError, exitCodes } from '../errors/cli-error.js';
import type { HubHttp, HubRequest, Query } from './http.js';
import { pageOf } from './schema.js';

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
  /** Everything that passes the filters. */
  readonly total: number;
}

const pageSize = 500;

/** Asks a hub, checks its answers, and gives them as they are. @throws CliError */
export class HubRequests {
  constructor(
    readonly http: HubHttp,
    private readonly signal: AbortSignal,
  ) {}

  get hub(): string {
    return this.http.hub;
  }

  /** Now by the hub's clock, so that ages are right where ours is wrong. */
  now(ours: Date): Date {
    return new Date(ours.getTime() + this.http.clockOffsetMs);
  }

  /** All pages of a list, or as many as make `limit` items. */
  async all<T extends z.ZodType>(
    item: T,
    path: string,
    query: Query,
    limit?: number,
  ): Promise<Page<z.output<T>>> {
    const items: z.output<T>[] = [];
    let last: Page<z.output<T>> = { items, nextCursor: null, total: 0 };
    for await (const page of this.pages(item, path, query, limit)) {
      items.push(...page.items);
      last = page;
    }
    return { ...last, items };
  }

  /** Page after page, until there is none or they make `limit` items. */
  async *pages<T extends z.ZodType>(
    item: T,
    path: string,
    query: Query,
    limit = Number.POSITIVE_INFINITY,
  ): AsyncGenerator<Page<z.output<T>>> {
    const page = pageOf(item);
    let cursor: string | undefined;
    let left = limit;
    do {
      const asked = { ...query, limit: Math.min(pageSize, left), cursor };
      const answer = await this.ask(page, { method: 'GET', path, query: asked });
      cursor = answer.nextCursor ?? undefined;
      left -= answer.items.length;
      yield { items: answer.items as z.output<T>[], nextCursor: cursor ?? null, total: answer.total };
    } while (cursor !== undefined && left > 0);
  }

  async ask<T extends z.ZodType>(type: T, request: Omit<HubRequest, 'signal'>): Promise<z.output<T>> {
    const answer = await this.send(request);
    const checked = type.safeParse(answer);
    // Nothing is converted, so the answer itself is given: no field is dropped or moved.
    if (checked.success) return answer as z.output<T>;
    const [issue] = checked.error.issues;
    throw new CliError(
      exitCodes.failed,
      `the hub ${this.hub} gave an answer that this version does not understand: ${issue?.path.join('.')}: ${issue?.message}`,
      { remedy: 'compare "flotilla --version" with the version of the hub in "flotilla whoami"' },
    );
  }

  send(request: Omit<HubRequest, 'signal'>): Promise<unknown> {
    return this.http.send({ ...request, signal: this.signal });
  }
}
