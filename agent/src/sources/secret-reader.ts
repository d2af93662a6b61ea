import type { KubeObject } from '@flotilla/common/kube/object';
import type { KubeReader } from '../kube/client.js';

/** The decoded data of a Secret. */
export type SecretContent = Readonly<Record<string, string>>;

export interface SecretReadOptions {
  signal?: AbortSignal;
  /** What a watch brought will do; nobody waits for a change of the Secret. */
  mayBeCached?: boolean;
}

/** Reads Secrets for sources. */
export interface SecretReader {
  /** The decoded data, or undefined when there is no such Secret. */
  read(namespace: string, name: string, options?: SecretReadOptions): Promise<SecretContent | undefined>;
}

/** Asks the API server each time. */
export function createSecretReader(client: KubeReader): SecretReader {
  return {
    async read(namespace, name, { signal } = {}) {
      const ref = { apiVersion: 'v1', kind: 'Secret', namespace, name };
      const secret = await client.get(ref, signal ? { signal } : {});
      return secret && decodeSecret(secret);
    },
  };
}

/** The data of a Secret as text. */
export function decodeSecret(secret: KubeObject): SecretContent {
  const data = (secret['data'] ?? {}) as Record<string, string>;
  const decoded = Object.entries(data).map(([key, value]) => [
    key,
    Buffer.from(value, 'base64').toString('utf8'),
  ]);
  return Object.fromEntries(decoded) as Record<string, string>;
}
