import { join } from 'node:path';
import { createFetchArtifact } from '../kustomization/fetch-artifact.js';
import { createGateMetrics } from '../sources/gate/gate-metrics.js';
import { createGitRepositoryController, gitRepositoryType } from '../sources/git/index.js';
import { readProxyEnvironment } from '../sources/git/proxy-environment.js';
import { createWatchedSecrets } from '../sources/watched-secrets.js';
import { cloudIdentities, tokenCacheLimits } from './cloud-identities.js';
import type { AgentKind } from './kind.js';

/** GitRepository: what source-controller does for Git (flux-compat 2.3). */
export const gitRepositoryKind: AgentKind = {
  type: gitRepositoryType,
  async create(context) {
    const { config, clock, informers, objectsOf, recorderFor, registry } = context;
    createGateMetrics(registry, [{ kind: gitRepositoryType.kind, objects: objectsOf(gitRepositoryType) }]);
    const secrets = createWatchedSecrets(context);
    const controller = createGitRepositoryController({
      ...context,
      objects: objectsOf(gitRepositoryType),
      // Without the selector: an object of this shard may include one of any other.
      includable: informers.of(gitRepositoryType),
      fetchArtifact: createFetchArtifact({ retries: config.httpRetry, clock }),
      events: recorderFor('source-controller'),
      secrets,
      cloud: {
        identities: cloudIdentities(context),
        isObjectLevel: config.featureGates.ObjectLevelWorkloadIdentity,
        defaultServiceAccount: config.defaultServiceAccount ?? '',
      },
      options: {
        workers: config.sourceConcurrent,
        jitterPercentage: config.intervalJitterPercentage,
        minRetryDelayMs: config.minRetryDelayMs,
        maxRetryDelayMs: config.maxRetryDelayMs,
        requeueDependencyMs: config.requeueDependencyMs,
        ssh: { keyExchange: config.sshKexAlgos, hostKeys: config.sshHostkeyAlgos },
        proxy: readProxyEnvironment(process.env),
        ...(config.gitPath ? { gitPath: config.gitPath } : {}),
        maxFetchBytes: config.maxFetchBytes,
        tokens: tokenCacheLimits(config),
        tokenMetrics: context.tokenMetrics,
        cachePath: join(config.storagePath, '.flotilla', 'git'),
      },
    });
    return {
      planning: { checkoutRef: (request) => controller.checkoutRef(request) },
      start: () => controller.start(),
      stop: async (graceMs) => {
        await controller.stop(graceMs);
        await secrets.stop();
      },
    };
  },
};
