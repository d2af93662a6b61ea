import { z } from 'zod';

// What this command reads of the hub's answers. Words of a closed list are plain texts here, and unknown fields are
// kept: a newer hub may know more of both.

const time = z.string();
const optionalTime = z.string().nullable();
const axes = { sync: z.string(), health: z.string(), freshness: z.string(), intent: z.string() };
const objectRef = z.looseObject({ kind: z.string(), namespace: z.string(), name: z.string() });
const labels = z.record(z.string(), z.string());

export const cluster = z.looseObject({
  name: z.string(),
  labels,
  ready: z.boolean(),
  reason: z.string(),
  ...axes,
  revision: z.string().nullable(),
  objects: z.looseObject({
    total: z.number(),
    ready: z.number(),
    failed: z.number(),
    suspended: z.number(),
  }),
  agentVersion: z.string(),
  kubernetesVersion: z.string(),
  observedAt: optionalTime,
  enrolledAt: time,
  certificateExpiresAt: optionalTime,
  connected: z.boolean(),
  revoked: z.boolean(),
});

export const fleetObject = z.looseObject({
  cluster: z.string(),
  apiVersion: z.string(),
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  ready: z.boolean(),
  reason: z.string(),
  message: z.string(),
  ...axes,
  revision: z.string().nullable(),
  suspended: z.boolean(),
  observedAt: optionalTime,
});

export const fleetEvent = z.looseObject({
  id: z.string(),
  cluster: z.string(),
  time,
  severity: z.string(),
  reason: z.string(),
  message: z.string(),
  object: objectRef.nullable(),
});

export const where = z.looseObject({
  commit: z.string(),
  clusters: z.array(
    z.looseObject({
      cluster: z.string(),
      state: z.string(),
      freshness: z.string(),
      observedAt: optionalTime,
      objects: z.looseObject({ reached: z.number(), total: z.number() }),
      failed: z.array(
        z.looseObject({ kind: z.string(), namespace: z.string(), name: z.string(), message: z.string() }),
      ),
      reachedAt: optionalTime,
      promotions: z
        .array(
          z.looseObject({
            environment: z.string(),
            release: z.string(),
            promotionState: z.string(),
            waitingFor: z.string(),
            waitingUntil: optionalTime,
            rolloutState: z.string().nullable(),
            wave: z.string().nullable(),
            clusterState: z.string().nullable(),
            message: z.string(),
          }),
        )
        .optional(),
    }),
  ),
  summary: z.record(z.string(), z.number()),
});

export const intent = z.looseObject({
  id: z.string(),
  cluster: z.string(),
  action: z.string(),
  object: objectRef,
  state: z.string(),
  message: z.string(),
  requestedBy: z.string(),
  createdAt: time,
  updatedAt: time,
  expiresAt: time,
});

export const joinToken = z.looseObject({
  id: z.string(),
  labels,
  clusterName: z.string().nullable(),
  uses: z.number(),
  used: z.number(),
  createdBy: z.string(),
  createdAt: time,
  expiresAt: time,
});

export const apiToken = z.looseObject({
  id: z.string(),
  name: z.string(),
  role: z.string(),
  groups: z.array(z.string()).optional(),
  emails: z.array(z.string()).optional(),
  createdBy: z.string(),
  createdAt: time,
  expiresAt: optionalTime,
  lastUsedAt: optionalTime,
});

export const createdJoinToken = joinToken.extend({ token: z.string() });
export const createdApiToken = apiToken.extend({ token: z.string() });
export const whoami = z.looseObject({
  name: z.string(),
  role: z.string(),
  groups: z.array(z.string()).optional(),
  emails: z.array(z.string()).optional(),
  hubVersion: z.string(),
});

export function pageOf<Item extends z.ZodType>(
  item: Item,
): z.ZodObject<{
  items: z.ZodArray<Item>;
  nextCursor: z.ZodOptional<z.ZodNullable<z.ZodString>>;
  total: z.ZodNumber;
}> {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable().optional(), total: z.number() });
}

export type Cluster = z.infer<typeof cluster>;
export type FleetObject = z.infer<typeof fleetObject>;
export type FleetEvent = z.infer<typeof fleetEvent>;
export type Where = z.infer<typeof where>;
export type Intent = z.infer<typeof intent>;
export type JoinToken = z.infer<typeof joinToken>;
export type ApiToken = z.infer<typeof apiToken>;
export type Whoami = z.infer<typeof whoami>;
