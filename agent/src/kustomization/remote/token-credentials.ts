import type { NamespacedName } from '@flotilla/common/kube/object';
import type { TokenIssuer } from '../../kube/client.js';
import type { Credential, Credentials } from '../../kube/credentials.js';
import type { Clock } from '../../runtime/clock.js';

export interface TokenSpec {
  account: NamespacedName;
  audiences: readonly string[];
}

const lifetimeSeconds = 3_600;
/** Servers may shorten the lifetime; a share of what was given leaves time for a slow request. */
const usedShare = 0.8;

interface Entry {
  /** When a new one is needed, by the wall clock; unknown while it is asked for. */
  until: number;
  credential?: Promise<Credential>;
}

/** The credential of a ServiceAccount of the management cluster; a new token is asked for before the old one ends. */
export function tokenCredentials(
  { client, clock }: { client: TokenIssuer; clock: Clock },
  { account, audiences }: TokenSpec,
): Credentials {
  let current: Entry | undefined;

  async function issue(entry: Entry): Promise<Credential> {
    const issuedAt = clock.now();
    const { token, expiresAt } = await client.requestToken(account, {
      audiences,
      expirationSeconds: lifetimeSeconds,
    });
    const given = Date.parse(expiresAt) - issuedAt;
    const lifetimeMs = Number.isNaN(given) ? lifetimeSeconds * 1_000 : Math.max(given, 0);
    entry.until = issuedAt + lifetimeMs * usedShare;
    return { headers: { authorization: `Bearer ${token}` } };
  }

  return {
    async read() {
      const entry: Entry = current && clock.now() < current.until ? current : { until: Infinity };
      current = entry;
      // Requests that start together share one token.
      entry.credential ??= issue(entry);
      try {
        return await entry.credential;
      } catch (error) {
        if (current === entry) current = undefined;
        throw error;
      }
    },
    invalidate() {
      current = undefined;
    },
  };
}
