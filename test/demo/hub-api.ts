// The few calls of the hub's REST API that the demo makes. Plain fetch: the demo is a user like any other.

export interface ClusterView {
  name: string;
  ready: boolean;
  reason: string;
  revision: string | null;
  sync: string;
  health: string;
  freshness: string;
  objects: { total: number; ready: number; failed: number };
  gate: { pinned: number };
}

export interface WhereView {
  clusters: Array<{ cluster: string; state: string }>;
}

export interface ReleaseView {
  name: string;
  vetoed: boolean;
  items: Array<{ revision: string }>;
}

export interface PromotionView {
  id: string;
  environment: string;
  release: string;
  state: string;
  reason: string;
  waitingFor: string;
  gates: Array<{ name: string; type: string; phase: string; message: string }>;
  approvals: Array<{ by: string }>;
  rollout: { id: string; clusters: Record<string, number> } | null;
}

export interface RolloutView {
  state: string;
  reason: string;
  wave: string | null;
  waves: Array<{ name: string; state: string }>;
  members: Array<{
    cluster: string;
    wave: string | null;
    state: string;
    message: string;
    beganAt: string | null;
  }>;
  finishedAt: string | null;
}

export interface HubApi {
  clusters(): Promise<ClusterView[]>;
  /** Applies documents of flotilla.dev. */
  apply(documents: readonly unknown[]): Promise<void>;
  /** Newest first. */
  releases(pipeline: string): Promise<ReleaseView[]>;
  /** Newest first. */
  promotions(pipeline: string, environment: string): Promise<PromotionView[]>;
  rollout(id: string): Promise<RolloutView>;
  approve(promotion: string, comment: string): Promise<void>;
  /** A token of another person. */
  createApiToken(name: string, emails: readonly string[], role?: 'operator' | 'admin'): Promise<string>;
  where(commit: string): Promise<WhereView>;
  createJoinToken(clusterName: string, labels: Record<string, string>): Promise<string>;
}

export function hubApi(url: string, token: string): HubApi {
  const call = async <T>(path: string, body?: unknown, method = 'POST'): Promise<T> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method: body === undefined ? 'GET' : method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as T;
  };
  return {
    clusters: async () => (await call<{ items: ClusterView[] }>('/clusters')).items,
    apply: async (documents) => void (await call('/apply', { documents }, 'PUT')),
    releases: async (pipeline) =>
      (await call<{ items: ReleaseView[] }>(`/releases?pipeline=${pipeline}`)).items,
    promotions: async (pipeline, environment) =>
      (await call<{ items: PromotionView[] }>(`/promotions?pipeline=${pipeline}&environment=${environment}`))
        .items,
    rollout: (id) => call(`/rollouts/${id}`),
    approve: async (promotion, comment) => void (await call(`/promotions/${promotion}/approve`, { comment })),
    createApiToken: async (name, emails, role = 'operator') =>
      (await call<{ token: string }>('/api-tokens', { name, role, emails })).token,
    where: (commit) => call(`/where/${commit}`),
    createJoinToken: async (clusterName, labels) =>
      (await call<{ token: string }>('/join-tokens', { clusterName, labels, uses: 1, ttlSeconds: 3600 }))
        .token,
  };
}
