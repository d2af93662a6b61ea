import type { KubeReader } from '../kube/client.js';

/** Reads Secrets for sources. An interface of its own, so that a cache can stand behind it. */
export interface SecretReader {
  /** The decoded data, or undefined when there is no such Secret. */
  read(
    namespace: string,
    name: string,
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, string>> | undefined>;
}

/** Asks the API server each time: Flux does so too, and Secrets are not held in memory. */
export function createSecretReader(client: KubeReader): SecretReader {
  return {
    async read(namespace, name, signal) {
      const ref = { apiVersion: 'v1', kind: 'Secret', namespace, name };
      const secret = await client.get(ref, signal ? { signal } : {});
      if (!secret) return undefined;
      const data = (secret['data'] ?? {}) as Record<string, string>;
      const decoded = Object.entries(data).map(([key, value]) => [
        key,
        Buffer.from(value, 'base64').toString('utf8'),
      ]);
      return Object.fromEntries(decoded) as Record<string, string>;
    },
  };
}
