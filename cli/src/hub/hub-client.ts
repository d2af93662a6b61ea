import { DocumentApi } from './document-api.js';
import type { Query } from './http.js';
import type { Page } from './hub-requests.js';
import { HubRequests } from './hub-requests.js';
import { PromotionApi } from './promotion-api.js';
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
  readonly groups?: readonly string[];
  readonly emails?: readonly string[];
}

/** The hub's REST API (docs/spec/hub-api.md). Answers are checked, and given as they are. @throws CliError */
export class HubClient extends HubRequests {
  /** Environments, pipelines, freezes and vetoes. */
  readonly documents = new DocumentApi(this);
  /** Releases, promotions and rollouts. */
  readonly promotions = new PromotionApi(this);

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
}

const encode = encodeURIComponent;
