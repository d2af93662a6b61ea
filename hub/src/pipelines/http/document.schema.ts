import { z } from 'zod';
import { time } from '../../paging/page.schema.js';

/** What every document shows besides its spec. */
export const documentFields = {
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  generation: z.int().min(1).meta({ description: 'Counts the changes of spec.' }),
  createdAt: time,
  createdBy: z.string(),
  updatedAt: time,
  updatedBy: z.string(),
  origin: z
    .object({ repository: z.string(), path: z.string(), commit: z.string() })
    .nullable()
    .meta({ description: 'Where the hub reads it from; null for one that was applied by hand.' }),
};

export const documentExample = {
  labels: {},
  annotations: {},
  generation: 1,
  createdAt: '2026-01-01T12:00:00.000Z',
  createdBy: 'ci',
  updatedAt: '2026-01-01T12:00:00.000Z',
  updatedBy: 'ci',
  origin: null,
};
