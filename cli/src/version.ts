import { createRequire } from 'node:module';

/** Version of this command, as in its package. */
export const cliVersion = (createRequire(import.meta.url)('../package.json') as { version: string }).version;
