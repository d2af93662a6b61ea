import { createRequire } from 'node:module';
import { z } from 'zod';

/** Version of this package. */
export const hubVersion: string = z
  .object({ version: z.string() })
  .parse(createRequire(import.meta.url)('../package.json')).version;
