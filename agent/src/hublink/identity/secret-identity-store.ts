import type { KubeObject } from '@flotilla/common/kube/object';
import type { KubeReader, KubeWriter } from '../../kube/client.js';
import { isApiError } from '../../kube/errors.js';
import type { Identity, IdentityStore, StoredIdentity } from './identity.js';

const keys: Record<keyof Identity, string> = {
  clusterId: 'cluster-id',
  privateKey: 'tls.key',
  certificateChain: 'tls.crt',
  caBundle: 'ca.crt',
  agentEndpoint: 'agent-endpoint',
};

export interface SecretIdentityStoreOptions {
  client: Pick<KubeReader & KubeWriter, 'get' | 'apply'>;
  namespace: string;
  name: string;
}

/**
 * Keeps the identity in a Secret of the cluster: a pod that is moved to another node is still the same agent,
 * and a join token that is good for one use is enough.
 */
export class SecretIdentityStore implements IdentityStore {
  readonly #options: SecretIdentityStoreOptions;

  constructor(options: SecretIdentityStoreOptions) {
    this.#options = options;
  }

  async load(signal: AbortSignal): Promise<StoredIdentity> {
    const { client, namespace, name } = this.#options;
    const secret = await client.get({ apiVersion: 'v1', kind: 'Secret', namespace, name }, { signal });
    const data = (secret?.['data'] ?? {}) as Record<string, string>;
    const read = (field: keyof Identity): string =>
      Buffer.from(data[keys[field]] ?? '', 'base64').toString('utf8');
    const privateKey = read('privateKey');
    if (privateKey === '') return {};
    if (!data[keys.certificateChain] || !data[keys.caBundle]) return { privateKey };
    const identity: Identity = {
      privateKey,
      clusterId: read('clusterId'),
      certificateChain: read('certificateChain'),
      caBundle: read('caBundle'),
      agentEndpoint: read('agentEndpoint'),
    };
    return { privateKey, identity };
  }

  saveKey(privateKey: string, signal: AbortSignal): Promise<void> {
    return this.#write({ privateKey }, signal);
  }

  save(identity: Identity, signal: AbortSignal): Promise<void> {
    return this.#write(identity, signal);
  }

  async #write(fields: Partial<Identity>, signal: AbortSignal): Promise<void> {
    const { client, namespace, name } = this.#options;
    const data: Record<string, string> = {};
    for (const [field, text] of Object.entries(fields) as Array<[keyof Identity, string]>) {
      data[keys[field]] = Buffer.from(text).toString('base64');
    }
    const secret: KubeObject = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace, name, labels: { 'app.kubernetes.io/managed-by': 'flotilla-agent' } },
      type: 'Opaque',
      data,
    };
    try {
      await client.apply(secret, { fieldManager: 'flotilla-agent', force: true, signal });
    } catch (cause) {
      // To write a Secret creates it: only its namespace can be missing.
      if (!isApiError(cause, 404)) throw cause;
      throw new Error(
        `namespace "${namespace}" does not exist, and the identity of this cluster has to be kept in it; ` +
          `create it (kubectl create namespace ${namespace}) or choose another one by --runtime-namespace`,
        { cause },
      );
    }
  }
}
