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
}

export interface WhereView {
  clusters: Array<{ cluster: string; state: string }>;
}

export interface HubApi {
  clusters(): Promise<ClusterView[]>;
  where(commit: string): Promise<WhereView>;
  createJoinToken(clusterName: string, labels: Record<string, string>): Promise<string>;
}

export function hubApi(url: string, token: string): HubApi {
  const call = async <T>(path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method: body === undefined ? 'GET' : 'POST',
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
    where: (commit) => call(`/where/${commit}`),
    createJoinToken: async (clusterName, labels) =>
      (await call<{ token: string }>('/join-tokens', { clusterName, labels, uses: 1, ttlSeconds: 3600 }))
        .token,
  };
}
