import type { KubeObject } from '@flotilla/common/kube/object';
import type { KubeReader, KubeWriter } from '../kube/client.js';
import { isApiError } from '../kube/errors.js';
import type { TableReading } from './member-state.js';
import { formatShardTable, parseShardTable, type ShardTable } from './shard-table.js';

/** The Lease that holds the table. */
export const shardLeaseName = 'flotilla-agent-shards';
const annotation = 'flotilla.dev/shards';

/** What was read, and what a write is to replace. */
export interface ReadRecord {
  readonly reading: TableReading;
  readonly lease: KubeObject | undefined;
}

/** The table of the shards in the cluster. */
export class ShardRecord {
  readonly #client: KubeReader & KubeWriter;
  readonly #namespace: string;

  constructor(client: KubeReader & KubeWriter, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  /** @throws KubeApiError, KubeConnectionError */
  async read(shards: number, signal: AbortSignal): Promise<ReadRecord> {
    const lease = await this.#client.get(this.#ref(), { signal });
    return { lease, reading: lease ? readingOf(lease, shards) : { type: 'missing' } };
  }

  /** Replaces what was read. False when somebody was faster. @throws KubeApiError, KubeConnectionError */
  async replace(read: ReadRecord, table: ShardTable, now: number, signal: AbortSignal): Promise<boolean> {
    const { apiVersion, kind, namespace, name } = this.#ref();
    const annotations = { [annotation]: formatShardTable(table) };
    // For people, and for those who take the record for one that nobody renews.
    const spec = { renewTime: new Date(now).toISOString().replace('Z', '000Z') };
    try {
      if (!read.lease) {
        const metadata = { namespace, name, annotations };
        await this.#client.create({ apiVersion, kind, metadata, spec }, { signal });
        return true;
      }
      const { uid, resourceVersion } = read.lease.metadata;
      const body = { metadata: { uid, resourceVersion, annotations }, spec };
      await this.#client.patch(this.#ref(), { type: 'merge', body }, { signal });
      return true;
    } catch (error) {
      // 404: it was deleted since.
      if (isApiError(error, 409) || isApiError(error, 404)) return false;
      throw error;
    }
  }

  #ref() {
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      namespace: this.#namespace,
      name: shardLeaseName,
    };
  }
}

function readingOf({ metadata }: KubeObject, shards: number): TableReading {
  const table = parseShardTable(metadata.annotations?.[annotation] ?? '');
  if (table?.shards === shards) return { type: 'table', table };
  const deserted = table !== undefined && Object.keys(table.members).length === 0;
  return { type: 'foreign', mark: metadata.resourceVersion ?? '', deserted };
}
