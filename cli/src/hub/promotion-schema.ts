import { z } from 'zod';

// What this command reads of releases, promotions and rollouts; loose for the same reason as schema.ts.

const time = z.string();
const optionalTime = z.string().nullable();
const counts = z.record(z.string(), z.number());
const source = z.looseObject({ kind: z.string(), namespace: z.string(), name: z.string() });

export const release = z.looseObject({
  id: z.string(),
  name: z.string(),
  pipeline: z.string(),
  items: z.array(
    z.looseObject({
      source,
      url: z.string(),
      revision: z.string(),
      authors: z.array(z.string()),
      veto: z.looseObject({ id: z.string(), reason: z.string(), requestedBy: z.string() }).nullable(),
    }),
  ),
  vetoed: z.boolean(),
  createdBy: z.string(),
  createdAt: time,
});

export const promotion = z.looseObject({
  id: z.string(),
  pipeline: z.string(),
  environment: z.string(),
  release: z.string(),
  releaseId: z.string(),
  state: z.string(),
  reason: z.string(),
  priority: z.string(),
  origin: z.string(),
  requestedBy: z.string(),
  waitingFor: z.string(),
  waitingUntil: optionalTime,
  gates: z.array(
    z.looseObject({
      stage: z.string(),
      name: z.string(),
      type: z.string(),
      phase: z.string(),
      message: z.string(),
      until: optionalTime,
    }),
  ),
  approvals: z.array(
    z.looseObject({
      stage: z.string(),
      by: z.string(),
      groups: z.array(z.string()),
      comment: z.string(),
      at: time,
    }),
  ),
  delivery: z.looseObject({ phase: z.string(), message: z.string() }).nullable(),
  rollout: z
    .looseObject({
      id: z.string(),
      state: z.string(),
      reason: z.string(),
      wave: z.string().nullable(),
      clusters: counts,
    })
    .nullable(),
  createdAt: time,
  startedAt: optionalTime,
  endedAt: optionalTime,
});

export const rollout = z.looseObject({
  id: z.string(),
  promotion: z.string(),
  pipeline: z.string(),
  environment: z.string(),
  release: z.string(),
  kind: z.string(),
  delivery: z.string(),
  items: z.array(z.looseObject({ source, url: z.string(), revision: z.string() })),
  requestedBy: z.string(),
  breakGlass: z.boolean(),
  state: z.string(),
  reason: z.string(),
  wave: z.string().nullable(),
  waves: z.array(
    z.looseObject({
      name: z.string(),
      state: z.string(),
      maxConcurrent: z.number(),
      soakSeconds: z.number(),
      beganAt: optionalTime,
      endedAt: optionalTime,
      clusters: counts,
    }),
  ),
  clusters: counts,
  commands: z.array(z.string()),
  createdAt: time,
  startedAt: optionalTime,
  finishedAt: optionalTime,
});

export const rolloutDetails = rollout.extend({
  members: z.array(
    z.looseObject({
      cluster: z.string(),
      wave: z.string().nullable(),
      state: z.string(),
      message: z.string(),
      failureDomain: z.string().nullable(),
      attempts: z.number(),
      beganAt: optionalTime,
      endedAt: optionalTime,
    }),
  ),
});

export type Release = z.infer<typeof release>;
export type Promotion = z.infer<typeof promotion>;
export type Rollout = z.infer<typeof rollout>;
export type RolloutDetails = z.infer<typeof rolloutDetails>;
