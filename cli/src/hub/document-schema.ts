import { z } from 'zod';

// What this command reads of documents and of what they make; loose for the same reason as schema.ts.

const time = z.string();
const optionalTime = z.string().nullable();
const source = z.looseObject({ kind: z.string(), namespace: z.string(), name: z.string() });
const origin = z.looseObject({ repository: z.string(), path: z.string(), commit: z.string() });

export const applied = z.looseObject({
  dryRun: z.boolean(),
  documents: z.array(z.looseObject({ kind: z.string(), name: z.string(), outcome: z.string() })),
});

export const environment = z.looseObject({
  name: z.string(),
  selector: z.string(),
  clusters: z.number(),
  pipelines: z.array(z.string()),
  origin: origin.nullable(),
  updatedAt: time,
  updatedBy: z.string(),
});

export const pipeline = z.looseObject({
  name: z.string(),
  spec: z.looseObject({ sources: z.array(source) }),
  generation: z.number(),
  latestRelease: z.string().nullable(),
  environments: z.array(
    z.looseObject({
      name: z.string(),
      after: z.array(z.string()),
      release: z.string().nullable(),
      promotedAt: optionalTime,
      waiting: z.array(
        z.looseObject({ id: z.string(), environment: z.string(), release: z.string(), state: z.string() }),
      ),
      nextGate: z.looseObject({ name: z.string(), message: z.string(), until: optionalTime }).nullable(),
    }),
  ),
  watches: z.array(
    z.looseObject({
      source: z.string(),
      url: z.string(),
      branch: z.string(),
      commit: z.string().nullable(),
      checkedAt: optionalTime,
      message: z.string(),
    }),
  ),
  origin: origin.nullable(),
  updatedAt: time,
  updatedBy: z.string(),
});

export const freeze = z.looseObject({
  name: z.string(),
  state: z.string(),
  scope: z.looseObject({
    organisation: z.boolean().optional(),
    environment: z.string().optional(),
    cluster: z.string().optional(),
    source: source.optional(),
  }),
  reason: z.string(),
  from: time,
  until: time,
  clusters: z.number(),
  breakGlass: z.array(
    z.looseObject({
      promotion: z.string(),
      state: z.string(),
      reason: z.string(),
      requestedBy: z.string(),
      requestedAt: time,
      expiresAt: time,
      grantedBy: z.string().nullable(),
    }),
  ),
  createdBy: z.string(),
  createdAt: time,
});

export const veto = z.looseObject({
  id: z.string(),
  state: z.string(),
  url: z.string(),
  revision: z.string(),
  reason: z.string(),
  requestedBy: z.string(),
  rollout: z.string().nullable(),
  createdAt: time,
  liftedBy: z.string().nullable(),
  liftedReason: z.string().nullable(),
});

export type Applied = z.infer<typeof applied>;
export type Environment = z.infer<typeof environment>;
export type Pipeline = z.infer<typeof pipeline>;
export type Freeze = z.infer<typeof freeze>;
export type Veto = z.infer<typeof veto>;
