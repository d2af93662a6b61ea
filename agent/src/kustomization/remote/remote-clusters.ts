import { formatName, type NamespacedName } from '@flotilla/common/kube/object';
import type { KubeClient } from '../../kube/client.js';
import type { Cluster } from '../../kube/cluster.js';
import type { ClusterConfig } from './cluster-config.js';

/** A client of another cluster, with the connections behind it. */
export interface OpenedCluster {
  client: KubeClient;
  close: () => Promise<void>;
}

export type OpenCluster = (cluster: Cluster) => OpenedCluster;

/** A cluster that somebody applies to. */
export interface RemoteCluster {
  id: string;
  key: string;
  client: KubeClient;
}

interface Entry extends RemoteCluster {
  users: Set<string>;
  close: () => Promise<void>;
}

/** Clients of other clusters: one for each credential, shared by those who use it, closed when nobody does. */
export class RemoteClusters {
  readonly #byKey = new Map<string, Entry>();
  readonly #byUser = new Map<string, Entry>();

  constructor(private readonly open: OpenCluster) {}

  /** The cluster that an owner's objects are in, as of its last reconcile; undefined = the agent's own. */
  of(owner: NamespacedName): RemoteCluster | undefined {
    return this.#byUser.get(formatName(owner));
  }

  /** Takes the owner to a cluster. */
  use(owner: NamespacedName, config: ClusterConfig): RemoteCluster {
    const user = formatName(owner);
    const current = this.#byUser.get(user);
    if (current?.key === config.key) return current;
    const entry = this.#byKey.get(config.key) ?? this.#connect(config);
    entry.users.add(user);
    this.#byUser.set(user, entry);
    if (current) this.#leave(user, current);
    return entry;
  }

  /** The owner is at no other cluster any more. */
  release(owner: NamespacedName): void {
    const user = formatName(owner);
    const current = this.#byUser.get(user);
    if (!current) return;
    this.#byUser.delete(user);
    this.#leave(user, current);
  }

  /** Closes all connections. */
  async stop(): Promise<void> {
    const all = [...this.#byKey.values()];
    this.#byKey.clear();
    this.#byUser.clear();
    await Promise.all(all.map((entry) => entry.close()));
  }

  #connect({ id, key, open }: ClusterConfig): Entry {
    const { client, close } = this.open(open());
    const entry = { id, key, client, close, users: new Set<string>() };
    this.#byKey.set(key, entry);
    return entry;
  }

  #leave(user: string, entry: Entry): void {
    entry.users.delete(user);
    if (entry.users.size > 0) return;
    this.#byKey.delete(entry.key);
    void entry.close();
  }
}
