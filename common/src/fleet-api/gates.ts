import { z } from 'zod';
import { DocumentName, DurationText, HttpUrl } from './fields.js';

const common = {
  name: DocumentName.optional().describe('Default the type; must be unique among the gates of one list.'),
};

/** Passes once the release has been promoted in the environments before, for at least this long. */
const SoakGate = z.strictObject({
  ...common,
  type: z.literal('soak'),
  duration: DurationText.describe('How long.'),
});

/** Passes while the clusters of the named environments (default: those before) are ready on the release. */
const HealthGate = z.strictObject({
  ...common,
  type: z.literal('health'),
  environments: z.array(DocumentName).min(1).max(50).optional().describe('Default those before.'),
});

/** Passes when enough people have approved this promotion of this release. */
const ApprovalGate = z.strictObject({
  ...common,
  type: z.literal('approval'),
  required: z.int().min(1).max(20).default(1).describe('How many people, each once.'),
  groups: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(100).describe('Name of the group.'),
        required: z.int().min(1).max(20).default(1).describe('How many of its members.'),
      }),
    )
    .max(20)
    .default([])
    .describe('How many of the approvals must come from members of a group.'),
  authorMayApprove: z
    .boolean()
    .default(false)
    .describe('Whether an author of the release, or a token without addresses, may approve it.'),
});

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const TimeOfDay = z
  .string()
  .regex(/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$/, 'must be HH:MM, 00:00 to 24:00');
const TimeZone = z.string().refine(isTimeZone, {
  error: ({ input }) => `"${String(input)}" is not an IANA time zone such as Europe/Berlin`,
});

/** Passes while one of the periods is open, by the wall clock of the time zone. */
const WindowGate = z.strictObject({
  ...common,
  type: z.literal('window'),
  timeZone: TimeZone.default('UTC').describe('IANA name; daylight saving is observed.'),
  periods: z
    .array(
      z
        .strictObject({
          days: z.array(z.enum(days)).min(1).max(7).describe('Days on which it starts.'),
          from: TimeOfDay.describe('HH:MM.'),
          to: TimeOfDay.describe('HH:MM, to 24:00.'),
        })
        .refine(({ from, to }) => from !== to && !(from === '24:00' && to === '00:00'), {
          path: ['to'],
          message: 'must differ from from: a period without length never opens',
        }),
    )
    .min(1)
    .max(50)
    .describe('A period whose end is not later than its start ends on the next day.'),
});

/** Passes while no Freeze covers the environment. Always there, also where it is not named. */
const FreezeGate = z.strictObject({ ...common, type: z.literal('freeze') });

/** No secret stands in a document. */
const GateVariable = z.string().regex(/^FLOTILLA_GATE_[A-Z0-9_]+$/);

const polling = {
  interval: DurationText.default('30s').describe('Time between two questions.'),
  timeout: DurationText.default('1h').describe('How long it may stay undecided before the promotion fails.'),
};

/** Passes when an HTTP service says so: POST of the promotion; 200 {"phase":"pass|wait|fail","message"}. */
const WebhookGate = z.strictObject({
  ...common,
  ...polling,
  type: z.literal('webhook'),
  url: HttpUrl.describe('Where to ask, by POST.'),
  secretEnv: GateVariable.optional().describe(
    'Environment variable of the hub with the key of the HMAC-SHA256 in X-Flotilla-Signature.',
  ),
});

/** Passes when a Prometheus query is true for as long as asked. */
const PrometheusGate = z.strictObject({
  ...common,
  ...polling,
  type: z.literal('prometheus'),
  url: HttpUrl.describe('Base address of the Prometheus API.'),
  query: z.string().min(1).max(10_000).describe('PromQL; every series has to satisfy the condition.'),
  condition: z.strictObject({
    operator: z.enum(['<', '<=', '>', '>=', '==', '!=']).describe('How the result is compared,'),
    value: z.number().describe('with what.'),
  }),
  for: DurationText.default('0s').describe('How long it has to hold without a break.'),
  onEmpty: z.enum(['pass', 'wait', 'fail']).default('wait').describe('What a query without a result means.'),
  tokenEnv: GateVariable.optional().describe('Environment variable of the hub with a bearer token.'),
});

/** Passes when a commit status of the Git host is success. */
const CommitStatusGate = z.strictObject({
  ...common,
  ...polling,
  type: z.literal('commitStatus'),
  provider: z.enum(['github', 'gitlab', 'gitea']).describe('Whose API it is.'),
  url: HttpUrl.describe('Address of the repository, e.g. https://github.com/org/repo.'),
  apiUrl: HttpUrl.optional().describe('Of a server of your own, where it cannot be told from url.'),
  context: z.string().min(1).max(255).describe('Name of the status.'),
  tokenEnv: GateVariable.optional().describe('Environment variable of the hub with an access token.'),
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
