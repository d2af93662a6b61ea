// The hub's REST API as a script uses it: plain fetch.
export interface ClusterView {
  readonly name: string;
  readonly ready: boolean;
  readonly reason: string;
  readonly sync: string;
  readonly health: string;
  readonly freshness: string;
  readonly connected: boolean;
  readonly revoked: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly objects: { readonly total: number; readonly ready: number; readonly failed: number };
  readonly observedAt: string;
}

export interface ObjectView {
  readonly cluster: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly ready: boolean;
  readonly reason: string;
  readonly message: string;
  readonly sync: string;
  readonly health: string;
  readonly freshness: string;
  readonly intent: string;
  readonly revision: string | null;
  readonly attemptedRevision: string | null;
  readonly suspended: boolean;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly inventory: { readonly entries: number } | null;
  readonly lastHandledReconcileAt: string | null;
}

export interface EventView {
  readonly id: string;
  readonly cluster: string;
  readonly time: string;
  readonly severity: string;
  readonly reason: string;
  readonly message: string;
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string } | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface IntentView {
  readonly id: string;
  readonly cluster: string;
  readonly state: string;
  readonly message: string;
}

export interface WhereView {
  readonly clusters: ReadonlyArray<{ readonly cluster: string; readonly state: string }>;
  readonly summary: Readonly<Record<string, number>>;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
  readonly total: number;
}

export interface HubClient {
  readonly url: string;
  readonly token: string;
  /** Any answer, whatever its status. */
  send(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly text: string }>;
  /** The body of a 2xx answer; anything else is an error that carries the hub's. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** All pages of a list. */
  list<T>(path: string): Promise<T[]>;
  cluster(name: string): Promise<ClusterView>;
  objects(cluster: string): Promise<ObjectView[]>;
  events(cluster: string): Promise<EventView[]>;
  joinToken(options?: {
    clusterName?: string;
    labels?: Record<string, string>;
    uses?: number;
  }): Promise<string>;
}

/** A client of the hub at `url`, as whoever the API token belongs to. */
export function hubClient({ url, token }: { readonly url: string; readonly token: string }): HubClient {
  const send: HubClient['send'] = async (method, path, body) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    });
    return { status: response.status, text: await response.text() };
  };
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const { status, text } = await send(method, path, body);
    if (status < 200 || status > 299) throw new Error(`${method} ${path}: ${status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  const list = async <T>(path: string): Promise<T[]> => {
    const items: T[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const separator = path.includes('?') ? '&' : '?';
      const more: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: Page<T> = await call<Page<T>>('GET', `${path}${separator}limit=500${more}`);
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return items;
  };
  return {
    url,
    token,
    send,
    call,
    list,
    cluster: (name) => call('GET', `/clusters/${name}`),
    objects: (cluster) => list(`/objects?cluster=${cluster}`),
    events: (cluster) => list(`/events?cluster=${cluster}`),
    joinToken: async (options = {}) =>
      (
        await call<{ token: string }>('POST', '/join-tokens', {
          uses: 1,
          ttlSeconds: 3600,
          labels: {},
          ...options,
        })
      ).token,
  };
}
