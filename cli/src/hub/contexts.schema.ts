import { z } from 'zod';
import type { Contexts } from './contexts.js';

const context = z.strictObject({
  hub: z.string().min(1),
  token: z.string().min(1),
  caFile: z.string().optional(),
});

/** Only what we write ourselves is valid, so that a typing error never chooses another hub. */
export const contextsSchema = z.strictObject({
  current: z.string().optional(),
  contexts: z.record(z.string(), context).default({}),
}) as unknown as z.ZodType<Contexts>;
