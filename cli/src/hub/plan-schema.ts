import { z } from 'zod';

// As in schema.ts: words are plain texts and unknown fields are kept, because a newer hub may know more of both.

const named = z.looseObject({ namespace: z.string(), name: z.string() });
const clusters = z.array(z.string());

const change = z.looseObject({
  action: z.string(),
  object: z.looseObject({ kind: z.string(), namespace: z.string(), name: z.string() }),
  fields: z.array(
    z.looseObject({ path: z.string(), before: z.unknown().optional(), after: z.unknown().optional() }),
  ),
  omittedFields: z.number(),
});

const remark = z.looseObject({ clusters, kustomization: named, message: z.string() });

export const plan = z.looseObject({
  id: z.string(),
  ref: z.string(),
  state: z.string(),
  states: z.record(z.string(), z.number()),
  expiresAt: z.string(),
  clusters: z.array(
    z.looseObject({
      cluster: z.string(),
      source: z.looseObject({ kind: z.string(), namespace: z.string(), name: z.string() }),
      state: z.string(),
      message: z.string(),
      commit: z.string().nullable(),
    }),
  ),
  groups: z.array(z.looseObject({ clusters, kustomization: named, changes: z.array(change) })),
  failures: z.array(remark),
  notes: z.array(remark),
  totals: z.looseObject({
    objects: z.number(),
    clusters: z.number(),
    actions: z.record(z.string(), z.number()),
    unchanged: z.number(),
    omitted: z.number(),
  }),
});

export type Plan = z.output<typeof plan>;
export type PlannedChange = z.output<typeof change>;
