import { join } from 'node:path';
import { createGitRepositoryController, gitRepositoryType } from '../sources/git/index.js';
import type { AgentKind } from './kind.js';

/** GitRepository: what source-controller does for Git (flux-compat 2.3). */
export const gitRepositoryKind: AgentKind = {
  type: gitRepositoryType,
  async create(context) {
    const { config, objectsOf, recorderFor } = context;
    const controller = createGitRepositoryController({
      ...context,
      objects: objectsOf(gitRepositoryType),
      events: recorderFor('source-controller'),
      options: {
        workers: config.sourceConcurrent,
        jitterPercentage: config.intervalJitterPercentage,
        minRetryDelayMs: config.minRetryDelayMs,
        maxRetryDelayMs: config.maxRetryDelayMs,
        cachePath: join(config.storagePath, '.flotilla', 'git'),
      },
    });
    return {
      start: () => controller.start(),
      stop: async (graceMs) => void (await controller.stop(graceMs)),
    };
  },
};
