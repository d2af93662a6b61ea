import { defaultMaxFetchBytes } from '../exec/watch-growth.js';
import type { DeleteBudget } from './delete-budget/delete-budget.js';

/** What the flags of the agent say about Kustomizations (flux-compat 8.1). */
export interface KustomizationOptions {
  /** --requeue-dependency: time to the next look at a source or dependency that is not ready. */
  requeueDependencyMs: number;
  /** --interval-jitter-percentage. */
  intervalJitterPercentage: number;
  /** --no-cross-namespace-refs. */
  noCrossNamespaceRefs: boolean;
  /** --no-remote-bases. */
  noRemoteBases: boolean;
  /** --default-service-account: used where spec.serviceAccountName is empty. */
  defaultServiceAccount: string;
  /** --sops-age-secret: Secret with age identities for Kustomizations that name no Secret; empty means none. */
  sopsAgeSecret: string;
  /** --sops-vault-configmap: ConfigMap with the Vaults that ServiceAccounts may log in to; empty means none. */
  sopsVaultConfigMap: string;
  /** --default-decryption-service-account: for spec.decryption without serviceAccountName; empty means the agent. */
  defaultDecryptionServiceAccount: string;
  /** Namespace of the agent, where that Secret and that ConfigMap are. */
  runtimeNamespace: string;
  /** --default-kubeconfig-service-account: for spec.kubeConfig.configMapRef without serviceAccountName. */
  defaultKubeconfigServiceAccount: string;
  /** --insecure-kubeconfig-exec: run exec plug-ins of kubeconfigs. */
  insecureKubeconfigExec: boolean;
  /** --insecure-kubeconfig-tls: honour insecure-skip-tls-verify of kubeconfigs. */
  insecureKubeconfigTls: boolean;
  /** --override-manager. */
  overrideManagers: readonly string[];
  /** --custom-apply-stage-kinds. */
  customApplyStageKinds: readonly string[];
  /** --concurrent-ssa: dry-runs in flight. */
  concurrentSsa: number;
  /** --http-retry: attempts to fetch an artifact after the first one. */
  httpRetry: number;
  /** --kustomize-path: empty means a search in PATH. */
  kustomizePath: string;
  /** All objects are compared with the cluster again after this time, even when nothing seems to have changed. */
  verifyIntervalMs: number;
  /** Most bytes that one build may write. */
  maxBuildBytes: number;
  /** --max-fetch-bytes: what the remote bases of one build may bring in. */
  maxFetchBytes: number;
  /** Most bytes of kept build results on disk. */
  maxRenderCacheBytes: number;
  /** --delete-budget: how much one prune may delete without an approval. */
  deleteBudget: DeleteBudget;
  /** Feature gates (flux-compat 8.1). */
  gates: KustomizationGates;
}

export interface KustomizationGates {
  StrictPostBuildSubstitutions: boolean;
  ExternalArtifact: boolean;
  DisableFailFastBehavior: boolean;
  DirectSourceFetch: boolean;
  AdditiveCELDependencyCheck: boolean;
  CancelHealthCheckOnNewRevision: boolean;
  GroupChangeLog: boolean;
  ObjectLevelWorkloadIdentity: boolean;
  MigrateAPIVersion: boolean;
}

export const defaultKustomizationOptions: KustomizationOptions = {
  requeueDependencyMs: 30_000,
  intervalJitterPercentage: 5,
  noCrossNamespaceRefs: false,
  noRemoteBases: false,
  defaultServiceAccount: '',
  sopsAgeSecret: '',
  sopsVaultConfigMap: '',
  defaultDecryptionServiceAccount: '',
  runtimeNamespace: 'flux-system',
  defaultKubeconfigServiceAccount: '',
  insecureKubeconfigExec: false,
  insecureKubeconfigTls: false,
  overrideManagers: [],
  customApplyStageKinds: [],
  concurrentSsa: 4,
  httpRetry: 9,
  kustomizePath: '',
  verifyIntervalMs: 60 * 60_000,
  maxBuildBytes: 256 * 1024 * 1024,
  maxFetchBytes: defaultMaxFetchBytes,
  maxRenderCacheBytes: 512 * 1024 * 1024,
  deleteBudget: { unlimited: false, percent: 20, objects: 10 },
  gates: {
    StrictPostBuildSubstitutions: true,
    ExternalArtifact: false,
    DisableFailFastBehavior: false,
    DirectSourceFetch: false,
    AdditiveCELDependencyCheck: false,
    CancelHealthCheckOnNewRevision: false,
    GroupChangeLog: false,
    ObjectLevelWorkloadIdentity: false,
    MigrateAPIVersion: false,
  },
};
