import { boolean, durationMs, list, optionalText, wholeNumber } from '@flotilla/common/flags/flag-schemas';
import type { Flag } from '@flotilla/common/flags/flag';
import { z } from 'zod';
import {
  defaultDeleteBudget,
  deleteBudgetSyntax,
  parseDeleteBudget,
  type DeleteBudget,
} from '../kustomization/delete-budget/delete-budget.js';
import { parseFeatureGates } from './feature-gates.js';

const deleteBudget = z.string().transform((text, context) => {
  const budget = parseDeleteBudget(text);
  if (budget) return budget;
  context.addIssue({ code: 'custom', message: `expected ${deleteBudgetSyntax}` });
  return z.NEVER;
}) as unknown as z.ZodType<DeleteBudget, string | undefined>;

/** How objects are reconciled, and what they may do (flux-compat 8.1). */
export const reconcileFlags = {
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
    description: 'First wait after an error that is tried again with growing waits.',
    value: 'duration',
    schema: durationMs,
    default: '750ms',
  },
  maxRetryDelayMs: {
    name: 'max-retry-delay',
    description: 'Longest wait after such errors.',
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
    schema: boolean,
    default: 'false',
  },
  noRemoteBases: {
    name: 'no-remote-bases',
    description: 'Refuse kustomize bases that are fetched from the network.',
    schema: boolean,
    default: 'false',
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
    description: 'Name=true|false, separated by commas; may be given several times.',
    value: 'gates',
    schema: z.string().transform(parseFeatureGates),
    default: '',
    repeatable: true,
  },
} as const satisfies Record<string, Flag<unknown>>;
