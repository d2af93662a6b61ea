import {
  boolean,
  durationMs,
  list,
  oneOf,
  optionalText,
  pairs,
  serverAddress,
  wholeNumber,
} from '@flotilla/common/flags/flag-schemas';
import type { Flag, Values } from '@flotilla/common/flags/flag';
import { z } from 'zod';
import { intentVerbs } from '../hublink/intents/intent-policy.js';
import {
  defaultDeleteBudget,
  deleteBudgetSyntax,
  parseDeleteBudget,
  type DeleteBudget,
} from '../kustomization/delete-budget/delete-budget.js';
import { parseFeatureGates } from './feature-gates.js';
import { kubeconfigFlags } from './kubeconfig-flags.js';
import { storageFlags } from './storage-flags.js';

/** Environment variables of flags: FLOTILLA_AGENT_<FLAG>. */
export const agentPrefix = 'FLOTILLA_AGENT';

const deleteBudget = z.string().transform((text, context) => {
  const budget = parseDeleteBudget(text);
  if (budget) return budget;
  context.addIssue({ code: 'custom', message: `expected ${deleteBudgetSyntax}` });
  return z.NEVER;
}) as unknown as z.ZodType<DeleteBudget, string | undefined>;

const switchedOff = { schema: boolean, default: 'false' } as const;

/** Which cluster, and as whom. */
const clusterFlags = {
  kubeconfig: {
    name: 'kubeconfig',
    description:
      'Kubeconfig of the cluster; default the ServiceAccount of the pod, else KUBECONFIG, else ~/.kube/config.',
    value: 'path',
    schema: optionalText,
  },
  context: {
    name: 'context',
    description: 'Context of the kubeconfig.',
    value: 'name',
    schema: optionalText,
  },
  runtimeNamespace: {
    name: 'runtime-namespace',
    description: 'Namespace for the lease, the identity and other things of the agent itself.',
    value: 'name',
    schema: z.string().min(1, 'expected the name of a namespace'),
    default: 'flux-system',
    env: ['RUNTIME_NAMESPACE'],
  },
  kubeApiQps: {
    name: 'kube-api-qps',
    description: 'Requests a second to the API server; 0 = no limit.',
    value: 'n',
    schema: wholeNumber(0, 100_000),
    default: '50',
  },
  kubeApiBurst: {
    name: 'kube-api-burst',
    description: 'Requests that may come at once above --kube-api-qps.',
    value: 'n',
    schema: wholeNumber(0, 100_000),
    default: '300',
  },
  watchAllNamespaces: {
    name: 'watch-all-namespaces',
    description: 'Reconcile objects of all namespaces; false = only those of --runtime-namespace.',
    schema: boolean,
    default: 'true',
  },
  watchLabelSelector: {
    name: 'watch-label-selector',
    description: 'Reconcile only objects with these labels.',
    value: 'selector',
    schema: optionalText,
  },
  shards: {
    name: 'shards',
    description:
      'Split the objects into so many shards over all replicas of this agent; 0 = one replica works on all. Same number for all replicas.',
    value: 'n',
    schema: wholeNumber(0, 256),
    default: '0',
  },
  watchConfigsLabelSelector: {
    name: 'watch-configs-label-selector',
    description: 'ConfigMaps and Secrets whose change wakes those that refer to them.',
    value: 'selector',
    schema: z.string(),
    default: 'reconcile.fluxcd.io/watch=Enabled',
  },
} as const satisfies Record<string, Flag<unknown>>;

const reconcileFlags = {
  concurrent: {
    name: 'concurrent',
    description: 'Kustomizations that are reconciled at the same time.',
    value: 'n',
    schema: wholeNumber(1, 1_000),
    default: '4',
  },
  sourceConcurrent: {
    name: 'source-concurrent',
    description: 'Sources that are reconciled at the same time.',
    value: 'n',
    schema: wholeNumber(1, 1_000),
    default: '2',
  },
  concurrentSsa: {
    name: 'concurrent-ssa',
    description: 'Server-side dry-runs of one Kustomization in flight.',
    value: 'n',
    schema: wholeNumber(1, 1_000),
    default: '4',
  },
  requeueDependencyMs: {
    name: 'requeue-dependency',
    description: 'Time until dependencies that were not ready are looked at again.',
    value: 'duration',
    schema: durationMs,
    default: '30s',
  },
  intervalJitterPercentage: {
    name: 'interval-jitter-percentage',
    description: 'How far intervals are moved at random, in percent.',
    value: 'n',
    schema: wholeNumber(0, 99),
    default: '5',
  },
  minRetryDelayMs: {
    name: 'min-retry-delay',
    description: 'First wait after a failure of a source.',
    value: 'duration',
    schema: durationMs,
    default: '750ms',
  },
  maxRetryDelayMs: {
    name: 'max-retry-delay',
    description: 'Longest wait after failures of a source.',
    value: 'duration',
    schema: durationMs,
    default: '15m',
  },
  fullVerificationMs: {
    name: 'full-verification-period',
    description: 'How often all applied objects are compared although no watch has told of a change.',
    value: 'duration',
    schema: durationMs,
    default: '1h',
  },
  deleteBudget: {
    name: 'delete-budget',
    description: `How much one prune may delete without an approval: ${deleteBudgetSyntax}.`,
    value: 'budget',
    schema: deleteBudget,
    default: defaultDeleteBudget,
  },
  noCrossNamespaceRefs: {
    name: 'no-cross-namespace-refs',
    description: 'Refuse references to sources of other namespaces.',
    ...switchedOff,
  },
  noRemoteBases: {
    name: 'no-remote-bases',
    description: 'Refuse kustomize bases that are fetched from the network.',
    ...switchedOff,
  },
  defaultServiceAccount: {
    name: 'default-service-account',
    description: 'ServiceAccount to apply as where a Kustomization names none.',
    value: 'name',
    schema: optionalText,
  },
  sopsAgeSecret: {
    name: 'sops-age-secret',
    description: 'Secret in --runtime-namespace with age identities for Kustomizations that name no Secret.',
    value: 'name',
    schema: optionalText,
  },
  sopsVaultConfigmap: {
    name: 'sops-vault-configmap',
    description:
      'ConfigMap in --runtime-namespace with the Vaults that Kustomizations may log in to as ServiceAccounts.',
    value: 'name',
    schema: optionalText,
  },
  defaultDecryptionServiceAccount: {
    name: 'default-decryption-service-account',
    description: 'ServiceAccount to decrypt as where spec.decryption names none.',
    value: 'name',
    schema: optionalText,
  },
  tokenCacheMaxSize: {
    name: 'token-cache-max-size',
    description: 'Tokens of clouds and GitHub Apps that are kept; 0 = each is asked for anew.',
    value: 'n',
    schema: wholeNumber(0, 100_000),
    default: '512',
  },
  tokenCacheMaxDurationMs: {
    name: 'token-cache-max-duration',
    description: 'Longest time that a token is kept; at most until shortly before its own end.',
    value: 'duration',
    schema: durationMs,
    default: '1h',
  },
  overrideManagers: {
    name: 'override-manager',
    description: 'Field manager whose fields are taken over; may be given several times.',
    value: 'name',
    schema: list,
    default: '',
    repeatable: true,
  },
  customApplyStageKinds: {
    name: 'custom-apply-stage-kinds',
    description: 'Kinds (Kind or group/Kind) that are applied in a stage of their own before the rest.',
    value: 'kinds',
    schema: list,
    default: '',
    repeatable: true,
  },
  httpRetry: {
    name: 'http-retry',
    description: 'Retries when an artifact is fetched over HTTP.',
    value: 'n',
    schema: wholeNumber(0, 100),
    default: '9',
  },
  featureGates: {
    name: 'feature-gates',
    description: 'Name=true|false, separated by commas.',
    value: 'gates',
    schema: z.string().transform(parseFeatureGates),
    default: '',
  },
} as const satisfies Record<string, Flag<unknown>>;

const hubFlags = {
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

const processFlags = {
  metricsAddr: {
    name: 'metrics-addr',
    description: 'Address of /metrics; 0 switches it off.',
    value: 'host:port',
    schema: serverAddress,
    default: ':8080',
  },
  healthAddr: {
    name: 'health-addr',
    description: 'Address of /healthz and /readyz; 0 switches it off.',
    value: 'host:port',
    schema: serverAddress,
    default: ':9440',
  },
  eventsAddr: {
    name: 'events-addr',
    description: 'Address of a notification controller that events are posted to.',
    value: 'url',
    schema: optionalText,
  },
  logLevel: {
    name: 'log-level',
    description: 'trace, debug, info or error.',
    value: 'level',
    schema: oneOf('trace', 'debug', 'info', 'error'),
    default: 'info',
  },
  logEncoding: {
    name: 'log-encoding',
    description: 'json or console.',
    value: 'encoding',
    schema: oneOf('json', 'console'),
    default: 'json',
  },
  enableLeaderElection: {
    name: 'enable-leader-election',
    description: 'Work only while holding the lease; needed with several replicas.',
    ...switchedOff,
  },
  leaderElectionReleaseOnCancel: {
    name: 'leader-election-release-on-cancel',
    description: 'Give the lease up when the agent stops.',
    schema: boolean,
    default: 'true',
  },
  leaderElectionLeaseDurationMs: {
    name: 'leader-election-lease-duration',
    description: 'How long others wait for a leader that is silent.',
    value: 'duration',
    schema: durationMs,
    default: '35s',
  },
  leaderElectionRenewDeadlineMs: {
    name: 'leader-election-renew-deadline',
    description: 'How long a leader that cannot renew goes on.',
    value: 'duration',
    schema: durationMs,
    default: '30s',
  },
  leaderElectionRetryPeriodMs: {
    name: 'leader-election-retry-period',
    description: 'Time between two attempts.',
    value: 'duration',
    schema: durationMs,
    default: '5s',
  },
} as const satisfies Record<string, Flag<unknown>>;

/** Every setting of the agent, in the order of the help. Names are those of Flux where Flux has the flag (flux-compat 8.1). */
export const agentFlags = {
  ...clusterFlags,
  ...hubFlags,
  ...reconcileFlags,
  ...kubeconfigFlags,
  ...storageFlags,
  ...processFlags,
} as const;

/** The settings of one agent process, checked. */
export type AgentConfig = Values<typeof agentFlags>;
