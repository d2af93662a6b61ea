import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storedType } from '@flotilla/common/api/kind-definition';
import { kustomizationDefinition } from '@flotilla/common/api/kustomization';
import type { AgentConfig } from '../config/agent-flags.js';
import { programSearchPath } from '../config/program-search-path.js';
import { createKustomizationController } from '../kustomization/index.js';
import { createKustomizationMetrics } from '../kustomization/metrics.js';
import { defaultKustomizationOptions, type KustomizationOptions } from '../kustomization/options.js';
import { openCluster } from '../open-cluster.js';
import { createController } from '../runtime/controller.js';
import { gitRepositoryType } from '../sources/git/index.js';
import { proxyVariables, readProxyEnvironment } from '../sources/git/proxy-environment.js';
import { cloudIdentities } from './cloud-identities.js';
import type { AgentKind } from './kind.js';

const kustomizationType = storedType(kustomizationDefinition);

/** Kustomization: what kustomize-controller does (flux-compat 3). */
export const kustomizationKind: AgentKind = {
  type: kustomizationType,
  async create(context) {
    const { config, informers, objectsOf, recorderFor, clock } = context;
    const kustomizations = objectsOf(kustomizationType);
    const configsOf = (kind: string) =>
      informers.of({ apiVersion: 'v1', kind }, config.watchConfigsLabelSelector);
    const parts = await createKustomizationController({
      ...context,
      caches: {
        kustomizations,
        // Without the selector: a Kustomization of this shard may use a source of any other (flux-compat 8.3).
        sources: { GitRepository: informers.of(gitRepositoryType) },
        ...(config.featureGates.DisableConfigWatchers
          ? {}
          : { configs: { ConfigMap: configsOf('ConfigMap'), Secret: configsOf('Secret') } }),
      },
      events: recorderFor('kustomize-controller'),
      openCluster: (cluster) => openCluster(cluster, context),
      random: Math.random,
      identities: cloudIdentities(context),
      counts: createKustomizationMetrics(context.registry, clock),
      options: optionsOf(config),
      stateFolder: join(config.storagePath, '.flotilla', 'kustomization'),
      workFolder: tmpdir(),
      searchPath: programSearchPath(process.env),
      network: proxyVariables(readProxyEnvironment(process.env)),
      ...artifactHosts(process.env),
    });
    const controller = createController({
      ...context,
      name: 'kustomization',
      type: kustomizationType,
      reconcile: parts.reconcile,
      workers: config.concurrent,
      minRetryDelayMs: config.minRetryDelayMs,
      maxRetryDelayMs: config.maxRetryDelayMs,
      cache: kustomizations,
    });
    const disconnect = parts.connect(controller);
    return {
      planning: { kustomizations: parts.deps },
      start: () => controller.start(),
      stop: async (graceMs) => {
        disconnect();
        await controller.stop(graceMs);
        await parts.stop();
      },
    };
  },
};

/** Hosts that stand in for those of artifact addresses, for an agent outside of the cluster (flux-compat 3.2, 8). */
function artifactHosts(env: NodeJS.ProcessEnv): { sourceHost?: string; watcherHost?: string } {
  const { SOURCE_CONTROLLER_LOCALHOST: sourceHost, SOURCE_WATCHER_LOCALHOST: watcherHost } = env;
  return { ...(sourceHost ? { sourceHost } : {}), ...(watcherHost ? { watcherHost } : {}) };
}

function optionsOf(config: AgentConfig): KustomizationOptions {
  return {
    ...defaultKustomizationOptions,
    requeueDependencyMs: config.requeueDependencyMs,
    intervalJitterPercentage: config.intervalJitterPercentage,
    noCrossNamespaceRefs: config.noCrossNamespaceRefs,
    noRemoteBases: config.noRemoteBases,
    defaultServiceAccount: config.defaultServiceAccount ?? '',
    sopsAgeSecret: config.sopsAgeSecret ?? '',
    sopsVaultConfigMap: config.sopsVaultConfigmap ?? '',
    defaultDecryptionServiceAccount: config.defaultDecryptionServiceAccount ?? '',
    runtimeNamespace: config.runtimeNamespace,
    defaultKubeconfigServiceAccount: config.defaultKubeconfigServiceAccount ?? '',
    insecureKubeconfigExec: config.insecureKubeconfigExec,
    insecureKubeconfigTls: config.insecureKubeconfigTls,
    overrideManagers: config.overrideManagers,
    customApplyStageKinds: config.customApplyStageKinds,
    concurrentSsa: config.concurrentSsa,
    httpRetry: config.httpRetry,
    maxFetchBytes: config.maxFetchBytes,
    kustomizePath: config.kustomizePath ?? '',
    verifyIntervalMs: config.fullVerificationMs,
    deleteBudget: config.deleteBudget,
    gates: { ...defaultKustomizationOptions.gates, ...config.featureGates },
  };
}
