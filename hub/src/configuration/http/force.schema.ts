import { z } from 'zod';
import { flagQuery } from '../../paging/page.schema.js';

/** `?force=true` of what changes documents. */
export const forceQuery = z.strictObject({
  force: flagQuery('Also what the hub reads from Git; the next pull makes it again as it is there.'),
});
export type ForceQuery = z.output<typeof forceQuery>;
