import type { ClusterConfig } from './cluster-config.js';
import { nameOf, type Run } from '../run.js';
import { messageOf, retriedFailure, StepFailure } from '../step-failure.js';
import type { ResolvedSource } from '../steps/resolve-source.js';
import { findFolder } from '../steps/open-artifact.js';
import { progressText } from '../timing.js';
import { clusterOfConfigMap } from './cluster-of-config-map.js';
import { clusterOfSecret } from './cluster-of-secret.js';

/**
 * Finds the cluster that this run acts on (flux-compat 3.2, 10 and 3.10). When it is reached in another way than
 * before, what is watched for drift has to be watched anew.
 * @throws ClusterConfigMissingError, StepFailure, Error
 */
export async function findCluster(run: Run): Promise<void> {
  const { clusters, drift } = run.deps;
  const owner = nameOf(run.object);
  const leave = (): void => {
    drift.forget(owner);
    clusters.release(owner);
  };
  const before = clusters.of(owner);
  let config: ClusterConfig | undefined;
  try {
    config = await readClusterConfig(run);
  } catch (error) {
    run.signal.throwIfAborted();
    // What was allowed before is not any more: nothing goes on in its name, not even a watch.
    leave();
    throw error;
  }
  if (config?.key !== before?.key) leave();
  if (!config) {
    run.cluster = { id: '', client: run.deps.client, isNew: before !== undefined };
    return;
  }
  const { id, client } = clusters.use(owner, config);
  run.cluster = { id, client, isNew: config.key !== before?.key };
}

/**
 * As `findCluster`, for a reconcile. The artifact and its path come first: where they are missing, too, that is what
 * the status says (flux-compat 3.2, 8 to 10). @throws StepFailure
 */
export async function openCluster(run: Run, source: ResolvedSource): Promise<void> {
  try {
    await findCluster(run);
  } catch (error) {
    run.signal.throwIfAborted();
    await findFolder(run, source);
    run.status.update({ lastAttemptedRevision: source.revision });
    run.status.markProgressing(progressText('Building manifests', source.revision, run.object.spec));
    if (error instanceof StepFailure) throw error;
    const event = { severity: 'error', message: `failed to build kube client: ${messageOf(error)}` } as const;
    const failure = retriedFailure('ReconciliationFailed', error);
    throw new StepFailure({ outcome: 'retry', reason: failure.reason, message: failure.message, event });
  }
}

async function readClusterConfig(run: Run): Promise<ClusterConfig | undefined> {
  const { kubeConfig } = run.object.spec;
  if (!kubeConfig) return undefined;
  const { deps, signal } = run;
  const { options } = deps;
  const { namespace } = nameOf(run.object);
  const { secretRef, configMapRef } = kubeConfig;
  if (secretRef) {
    const allowed = {
      allowExec: options.insecureKubeconfigExec,
      allowInsecureTls: options.insecureKubeconfigTls,
    };
    return await clusterOfSecret(deps, { namespace, ...secretRef }, allowed, signal);
  }
  if (!configMapRef)
    throw new Error('spec.kubeConfig: exactly one of secretRef and configMapRef is required');
  const given = {
    ...deps,
    defaultServiceAccount: options.defaultKubeconfigServiceAccount,
    isObjectLevel: options.gates.ObjectLevelWorkloadIdentity,
  };
  return await clusterOfConfigMap(given, { namespace, name: configMapRef.name }, signal);
}
