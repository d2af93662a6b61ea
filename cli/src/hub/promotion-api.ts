import type { Query } from './http.js';
import type { HubRequests, Page } from './hub-requests.js';
import type { Promotion, Release, Rollout, RolloutDetails } from './promotion-schema.js';
import * as schema from './promotion-schema.js';

export interface ReleaseRequest {
  readonly pipeline: string;
  readonly items: readonly {
    readonly source?: { readonly kind: string; readonly namespace: string; readonly name: string };
    readonly revision: string;
  }[];
}

export interface PromotionRequest {
  readonly pipeline: string;
  readonly environment: string;
  readonly release: string;
  readonly priority?: 'hotfix';
}

export type RolloutCommand = 'pause' | 'resume' | 'abort' | 'skip-wave' | 'retry-failed' | 'rollback';

/** Releases, promotions and rollouts of a hub; lists are newest first. @throws CliError */
export class PromotionApi {
  constructor(private readonly hub: HubRequests) {}

  releases(query: Query, limit?: number): Promise<Page<Release>> {
    return this.hub.all(schema.release, '/releases', query, limit);
  }

  release(idOrName: string): Promise<Release> {
    return this.hub.ask(schema.release, { method: 'GET', path: `/releases/${encode(idOrName)}` });
  }

  createRelease(body: ReleaseRequest): Promise<Release> {
    return this.hub.ask(schema.release, { method: 'POST', path: '/releases', body });
  }

  list(query: Query, limit?: number): Promise<Page<Promotion>> {
    return this.hub.all(schema.promotion, '/promotions', query, limit);
  }

  /** Page after page, for those who stop early. */
  pages(query: Query): AsyncGenerator<Page<Promotion>> {
    return this.hub.pages(schema.promotion, '/promotions', query);
  }

  get(id: string): Promise<Promotion> {
    return this.hub.ask(schema.promotion, { method: 'GET', path: `/promotions/${encode(id)}` });
  }

  create(body: PromotionRequest): Promise<Promotion> {
    return this.hub.ask(schema.promotion, { method: 'POST', path: '/promotions', body });
  }

  /** `release` is what the person believes to approve; the hub refuses when it is another one. */
  approve(
    id: string,
    body: { readonly comment?: string | undefined; readonly release: string },
  ): Promise<Promotion> {
    return this.hub.ask(schema.promotion, {
      method: 'POST',
      path: `/promotions/${encode(id)}/approve`,
      body,
    });
  }

  reject(id: string, reason: string): Promise<Promotion> {
    const path = `/promotions/${encode(id)}/reject`;
    return this.hub.ask(schema.promotion, { method: 'POST', path, body: { reason } });
  }

  abort(id: string, reason: string): Promise<Promotion> {
    const path = `/promotions/${encode(id)}/abort`;
    return this.hub.ask(schema.promotion, { method: 'POST', path, body: { reason } });
  }

  rollouts(query: Query, limit?: number): Promise<Page<Rollout>> {
    return this.hub.all(schema.rollout, '/rollouts', query, limit);
  }

  rolloutPages(query: Query): AsyncGenerator<Page<Rollout>> {
    return this.hub.pages(schema.rollout, '/rollouts', query);
  }

  rollout(id: string): Promise<RolloutDetails> {
    return this.hub.ask(schema.rolloutDetails, { method: 'GET', path: `/rollouts/${encode(id)}` });
  }

  command(id: string, command: RolloutCommand, reason: string | undefined): Promise<RolloutDetails> {
    const path = `/rollouts/${encode(id)}/${command}`;
    return this.hub.ask(schema.rolloutDetails, { method: 'POST', path, body: { reason } });
  }
}

const encode = encodeURIComponent;
