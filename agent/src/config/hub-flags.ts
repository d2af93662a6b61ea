import { list, optionalText, pairs } from '@flotilla/common/flags/flag-schemas';
import type { Flag } from '@flotilla/common/flags/flag';
import { z } from 'zod';
import { intentVerbs } from '../hublink/intents/intent-policy.js';

/** The hub, who the cluster is there, and what it lets the hub ask. */
export const hubFlags = {
  hubAddress: {
    name: 'hub-address',
    description: 'host:port of the hub; without it the agent reconciles this one cluster on its own.',
    value: 'host:port',
    schema: optionalText,
  },
  hubEnrollAddress: {
    name: 'hub-enroll-address',
    description: "host:port of the hub's enrolment port; default the host of --hub-address and port 8444.",
    value: 'host:port',
    schema: optionalText,
  },
  joinToken: {
    name: 'join-token',
    description:
      'Token of "flotilla token create --join"; needed once. Prefer the environment variable or the file.',
    value: 'token',
    schema: optionalText,
    secret: true,
  },
  joinTokenFile: {
    name: 'join-token-file',
    description: 'File with the join token.',
    value: 'path',
    schema: optionalText,
  },
  clusterName: {
    name: 'cluster-name',
    description: 'Name of this cluster in the fleet.',
    value: 'name',
    schema: z
      .string()
      .regex(
        /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
        'expected lower-case letters, digits and dashes, at most 63',
      )
      .optional(),
  },
  clusterLabels: {
    name: 'cluster-labels',
    description: 'Labels of this cluster in the fleet, key=value; may be given several times.',
    value: 'labels',
    schema: pairs,
    default: '',
    repeatable: true,
  },
  hubIntents: {
    name: 'hub-intents',
    description: `What the hub may ask of this cluster: any of ${intentVerbs.join(', ')}; empty = nothing.`,
    value: 'verbs',
    schema: list.pipe(
      z.array(z.enum(intentVerbs, { error: `expected any of ${intentVerbs.join(', ')}` })).readonly(),
    ) as z.ZodType<readonly (typeof intentVerbs)[number][], string | undefined>,
    default: intentVerbs.join(','),
  },
  identitySecret: {
    name: 'identity-secret',
    description: 'Secret that holds the certificate of this cluster, in --runtime-namespace.',
    value: 'name',
    schema: z.string().min(1, 'expected the name of a Secret'),
    default: 'flotilla-agent-identity',
  },
  standingConfigMap: {
    name: 'standing-configmap',
    description:
      'ConfigMap that keeps the pins, freezes and vetoes of the hub for when it is away, in --runtime-namespace.',
    value: 'name',
    schema: z.string().min(1, 'expected the name of a ConfigMap'),
    default: 'flotilla-agent-standing',
  },
} as const satisfies Record<string, Flag<unknown>>;
