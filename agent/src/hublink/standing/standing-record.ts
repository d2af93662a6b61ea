import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, ObjectRef } from '@flotilla/common/kube/object';
import type { KubeReader, KubeWriter } from '../../kube/client.js';
import { isApiError } from '../../kube/errors.js';
import type { StandingSet } from './standing-set.js';
import { loadSet, packedKey, plainKey, storeSet, type StoredData } from './stored-set.js';

const fieldManager = 'flotilla-agent';
/** Each shard and each session may write; whoever loses looks again. */
const maxAttempts = 10;

/** How an attempt to keep a set ended: it stands there now, or a newer one does. */
export interface Kept {
  readonly isOlder: boolean;
  readonly object: KubeObject;
}

/** The ConfigMap that keeps the standing intents of a cluster. Changed by compare-and-swap only. */
export class StandingRecord {
  constructor(
    readonly client: Pick<KubeReader & KubeWriter, 'get' | 'apply' | 'patch'>,
    readonly namespace: string,
    readonly name: string,
  ) {}

  get ref(): ObjectRef {
    return { apiVersion: 'v1', kind: 'ConfigMap', namespace: this.namespace, name: this.name };
  }

  /**
   * Writes the set unless a newer one of the same identity is there. What cannot be read is replaced.
   * @throws SetTooLargeError, KubeApiError, KubeConnectionError
   */
  async keep(set: StandingSet, signal: AbortSignal): Promise<Kept> {
    const stored = storeSet(set);
    const data = { [plainKey]: null, ...stored.data };
    const binaryData = { [packedKey]: null, ...stored.binaryData };
    for (let attempt = 1; ; attempt += 1) {
      const live = (await this.client.get(this.ref, { signal })) ?? (await this.#create(signal));
      const kept = readable(live);
      if (kept?.cluster === set.cluster && kept.version > set.version) return { isOlder: true, object: live };
      if (isDeepStrictEqual(storedIn(live), stored)) return { isOlder: false, object: live };
      const { uid, resourceVersion } = live.metadata;
      const body = { metadata: { uid, resourceVersion }, data, binaryData };
      try {
        const object = await this.client.patch(this.ref, { type: 'merge', body }, { fieldManager, signal });
        return { isOlder: false, object };
      } catch (error) {
        const isLost = isApiError(error, 409) || isApiError(error, 404);
        if (!isLost || attempt === maxAttempts) throw error;
      }
    }
  }

  /** Applied without data: of two that do it at once neither takes anything from the other. */
  #create(signal: AbortSignal): Promise<KubeObject> {
    const { apiVersion, kind, namespace, name } = this.ref;
    const labels = { 'app.kubernetes.io/managed-by': 'flotilla-agent' };
    const object = { apiVersion, kind, metadata: { namespace, name, labels } };
    return this.client.apply(object as KubeObject, { fieldManager, force: true, signal });
  }
}

function readable(object: KubeObject): StandingSet | undefined {
  try {
    return loadSet(object as StoredData);
  } catch {
    return undefined;
  }
}

function storedIn(object: KubeObject): Required<StoredData> {
  const { data = {}, binaryData = {} } = object as StoredData;
  return { data, binaryData };
}
