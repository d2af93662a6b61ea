import { z } from 'zod';
import { DocumentName, DurationText } from './fields.js';

const HttpUrl = z.url({ protocol: /^https?$/ }).max(2_000);
const common = {
  name: DocumentName.optional().describe('Default the type; must be unique among the gates of one list.'),
};

/** Passes once the release has been promoted in the environments before, for at least this long. */
const SoakGate = z.strictObject({ ...common, type: z.literal('soak'), duration: DurationText });

/** Passes while the clusters of the named environments (default: those before) are ready on the release. */
const HealthGate = z.strictObject({
  ...common,
  type: z.literal('health'),
  environments: z.array(DocumentName).min(1).max(50).optional(),
});

/** Passes when enough people have approved this promotion of this release. */
const ApprovalGate = z.strictObject({
  ...common,
  type: z.literal('approval'),
  required: z.int().min(1).max(20).default(1),
  groups: z
    .array(z.strictObject({ name: z.string().min(1).max(100), required: z.int().min(1).max(20).default(1) }))
    .max(20)
    .default([])
    .describe('How many of the approvals must come from members of a group.'),
  authorMayApprove: z.boolean().default(false).describe('Whether an author of the release may approve it.'),
});

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const TimeOfDay = z
  .string()
  .regex(/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$/, 'must be HH:MM, 00:00 to 24:00');
const TimeZone = z.string().refine(isTimeZone, 'is not an IANA time zone such as Europe/Berlin');

/** Passes while one of the periods is open, by the wall clock of the time zone. */
const WindowGate = z.strictObject({
  ...common,
  type: z.literal('window'),
  timeZone: TimeZone.default('UTC'),
  periods: z
    .array(
      z
        .strictObject({ days: z.array(z.enum(days)).min(1).max(7), from: TimeOfDay, to: TimeOfDay })
        .refine(({ from, to }) => from !== to, { path: ['to'], message: 'must differ from from' }),
    )
    .min(1)
    .max(50)
    .describe('A period whose end is not later than its start ends on the next day.'),
});

/** Passes while no Freeze covers the environment. Always there, also where it is not named. */
const FreezeGate = z.strictObject({ ...common, type: z.literal('freeze') });

const polling = {
  interval: DurationText.default('30s').describe('Time between two questions.'),
  timeout: DurationText.default('1h').describe('How long it may stay undecided before the promotion fails.'),
};

/** Passes when an HTTP service says so: POST of the promotion; 200 {"phase":"pass|wait|fail","message"}. */
const WebhookGate = z.strictObject({
  ...common,
  ...polling,
  type: z.literal('webhook'),
  url: HttpUrl,
  secretEnv: z
    .string()
    .regex(/^FLOTILLA_GATE_[A-Z0-9_]+$/)
    .optional()
    .describe('Environment variable of the hub with the key of the HMAC-SHA256 in X-Flotilla-Signature.'),
});

/** Passes when a Prometheus query is true for as long as asked. */
const PrometheusGate = z.strictObject({
  ...common,
  ...polling,
  type: z.literal('prometheus'),
  url: HttpUrl,
  query: z.string().min(1).max(10_000),
  condition: z.strictObject({
    operator: z.enum(['<', '<=', '>', '>=', '==', '!=']),
    value: z.number(),
  }),
  for: DurationText.default('0s').describe('How long it has to hold without a break.'),
  onEmpty: z.enum(['pass', 'wait', 'fail']).default('wait'),
  tokenEnv: z
    .string()
    .regex(/^FLOTILLA_GATE_[A-Z0-9_]+$/)
    .optional(),
});

/** Passes when a commit status of the Git host is success. */
const CommitStatusGate = z.strictObject({
  ...common,
  ...polling,
  type: z.literal('commitStatus'),
  provider: z.enum(['github', 'gitlab', 'gitea']),
  url: HttpUrl.describe('Address of the repository, e.g. https://github.com/org/repo.'),
  apiUrl: HttpUrl.optional(),
  context: z.string().min(1).max(255),
  tokenEnv: z
    .string()
    .regex(/^FLOTILLA_GATE_[A-Z0-9_]+$/)
    .optional(),
});

/** Something that has to hold before or after the rollout of a promotion. */
export const Gate = z.discriminatedUnion('type', [
  SoakGate,
  HealthGate,
  ApprovalGate,
  WindowGate,
  FreezeGate,
  WebhookGate,
  PrometheusGate,
  CommitStatusGate,
]);
export type Gate = z.output<typeof Gate>;

/** A list of gates with unique names. */
export const GateList = z
  .array(Gate)
  .max(30)
  .superRefine((gates, context) => {
    const names = gates.map(gateName);
    names.forEach((name, index) => {
      if (names.indexOf(name) === index) return;
      context.addIssue({
        code: 'custom',
        path: [index, 'name'],
        message: `"${name}" is there already; give it a name`,
      });
    });
  });

/** The name under which a gate is shown. */
export function gateName(gate: Gate): string {
  return gate.name ?? gate.type.toLowerCase();
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
