import type { z } from 'zod';
import { CliError, exitCodes } from '../errors/cli-error.js';
import type { HubHttp, HubRequest, Query } from './http.js';
import * as schema from './schema.js';
import type {
  ApiToken,
  Cluster,
  FleetEvent,
  FleetObject,
  Intent,
  JoinToken,
  Where,
  Whoami,
} from './schema.js';

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
  /** Everything that passes the filters. */
  readonly total: number;
}

export interface IntentRequest {
  readonly action: 'reconcile' | 'suspend' | 'resume';
  readonly clusters?: readonly string[];
  readonly labelSelector?: string;
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly withSource?: boolean;
  readonly ttlSeconds: number;
}

export interface JoinTokenRequest {
  readonly ttlSeconds?: number;
  readonly uses?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly clusterName?: string;
}

export interface ApiTokenRequest {
  readonly name: string;
  readonly role: string;
  readonly ttlSeconds?: number;
}

const pageSize = 500;

/** The hub's REST API (docs/spec/hub-api.md). Answers are checked, and given as they are. @throws CliError */
export class HubClient {
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

  whoami(): Promise<Whoami> {
    return this.ask(schema.whoami, { method: 'GET', path: '/whoami' });
  }

  clusters(query: Query): Promise<Page<Cluster>> {
    return this.all(schema.cluster, '/clusters', query);
  }

  cluster(name: string): Promise<Cluster> {
    return this.ask(schema.cluster, { method: 'GET', path: `/clusters/${encode(name)}` });
  }

  labelCluster(name: string, labels: Readonly<Record<string, string | null>>): Promise<Cluster> {
    return this.ask(schema.cluster, { method: 'PATCH', path: `/clusters/${encode(name)}`, body: { labels } });
  }

  revokeCluster(name: string, reason: string): Promise<Cluster> {
    const path = `/clusters/${encode(name)}/revoke`;
    return this.ask(schema.cluster, { method: 'POST', path, body: { reason } });
  }

  async deleteCluster(name: string): Promise<void> {
    await this.send({ method: 'DELETE', path: `/clusters/${encode(name)}` });
  }

  objects(query: Query): Promise<Page<FleetObject>> {
    return this.all(schema.fleetObject, '/objects', query);
  }

  /** The newest `limit` events, newest first. */
  events(query: Query, limit: number): Promise<Page<FleetEvent>> {
    return this.all(schema.fleetEvent, '/events', query, limit);
  }

  where(commit: string, labelSelector: string | undefined): Promise<Where> {
    const query = { labelSelector };
    return this.ask(schema.where, { method: 'GET', path: `/where/${encode(commit)}`, query });
  }

  async createIntents(request: IntentRequest): Promise<Page<Intent>> {
    const answer = await this.ask(schema.pageOf(schema.intent), {
      method: 'POST',
      path: '/intents',
      body: request,
    });
    return { ...answer, nextCursor: null };
  }

  intents(query: Query, limit: number): Promise<Page<Intent>> {
    return this.all(schema.intent, '/intents', query, limit);
  }

  intent(id: string): Promise<Intent> {
    return this.ask(schema.intent, { method: 'GET', path: `/intents/${encode(id)}` });
  }

  createJoinToken(request: JoinTokenRequest): Promise<JoinToken & { readonly token: string }> {
    return this.ask(schema.createdJoinToken, { method: 'POST', path: '/join-tokens', body: request });
  }

  joinTokens(): Promise<Page<JoinToken>> {
    return this.all(schema.joinToken, '/join-tokens', {});
  }

  async deleteJoinToken(id: string): Promise<void> {
    await this.send({ method: 'DELETE', path: `/join-tokens/${encode(id)}` });
  }

  createApiToken(request: ApiTokenRequest): Promise<ApiToken & { readonly token: string }> {
    return this.ask(schema.createdApiToken, { method: 'POST', path: '/api-tokens', body: request });
  }

  apiTokens(): Promise<Page<ApiToken>> {
    return this.all(schema.apiToken, '/api-tokens', {});
  }

  async revokeApiToken(id: string): Promise<void> {
    await this.send({ method: 'DELETE', path: `/api-tokens/${encode(id)}` });
  }

  /** All pages of a list, or as many as make `limit` items. */
  private async all<T extends z.ZodType>(
    item: T,
    path: string,
    query: Query,
    limit = Number.POSITIVE_INFINITY,
  ): Promise<Page<z.output<T>>> {
    const items: z.output<T>[] = [];
    const page = schema.pageOf(item);
    let cursor: string | undefined;
    let total = 0;
    do {
      const asked = Math.min(pageSize, limit - items.length);
      const answer = await this.ask(page, { method: 'GET', path, query: { ...query, limit: asked, cursor } });
      items.push(...(answer.items as z.output<T>[]));
      total = answer.total;
      cursor = answer.nextCursor ?? undefined;
    } while (cursor !== undefined && items.length < limit);
    return { items, nextCursor: cursor ?? null, total };
  }

  private async ask<T extends z.ZodType>(type: T, request: Omit<HubRequest, 'signal'>): Promise<z.output<T>> {
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

  private send(request: Omit<HubRequest, 'signal'>): Promise<unknown> {
    return this.http.send({ ...request, signal: this.signal });
  }
}

const encode = encodeURIComponent;
