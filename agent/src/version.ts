import { createRequire } from 'node:module';

/** Version of this agent, as in its package. */
export const agentVersion = (createRequire(import.meta.url)('../package.json') as { version: string })
  .version;
