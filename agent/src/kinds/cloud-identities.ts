import { readFile } from 'node:fs/promises';
import { CloudIdentities } from '../cloud/cloud-identities.js';
import type { TokenCacheLimits } from '../cloud/cloud-deps.js';
import type { AgentConfig } from '../config/agent-flags.js';
import { sendHttp } from '../cloud/http-json.js';
import type { KindContext } from './kind.js';

/** How long tokens are kept, and how many. */
export function tokenCacheLimits(config: AgentConfig): TokenCacheLimits {
  return { maxSize: config.tokenCacheMaxSize, maxDurationMs: config.tokenCacheMaxDurationMs };
}

/** Who this agent and the ServiceAccounts of its cluster are in the clouds. */
export function cloudIdentities({ client, clock, config, tokenMetrics }: KindContext): CloudIdentities {
  const deps = {
    send: sendHttp,
    now: () => clock.now(),
    env: process.env,
    readFile: (path: string) => readFile(path, 'utf8'),
  };
  return new CloudIdentities(deps, client, tokenCacheLimits(config), tokenMetrics);
}
