import type { KubeClient } from '../kube/client.js';
import { systemClock, type Clock } from '../runtime/clock.js';
import { applyAllStaged } from './apply-all-staged.js';
import { deleteAll } from './delete-all.js';
import type { ApplyEngine, ReadStatus } from './engine.js';
import { kstatusReader } from './read-status.js';
import { waitForTermination } from './wait-for-termination.js';
import { waitUntilCurrent } from './wait.js';

export interface ApplyEngineOptions {
  client: Pick<KubeClient, 'get' | 'list' | 'apply' | 'patch' | 'delete' | 'discovery'>;
  /** Reads the status of an object where a wait is not given another reader. Default kstatus. */
  readStatus?: ReadStatus;
  clock?: Clock;
}

const waitConcurrency = 4;
const maxWaitDelayMs = 5_000;

/** An apply engine on a client; what it may do is what the client's identity may do. */
export function createApplyEngine(given: ApplyEngineOptions): ApplyEngine {
  const { client, clock = systemClock } = given;
  const readStatus = given.readStatus ?? kstatusReader(client, clock);
  return {
    applyAllStaged: (objects, options) => applyAllStaged({ client, clock, readStatus, options }, objects),
    deleteAll: (refs, options) => deleteAll(client, refs, options),
    wait: (targets, options) =>
      waitUntilCurrent(
        { client, clock, readStatus, concurrency: waitConcurrency, maxDelayMs: maxWaitDelayMs },
        targets,
        options,
      ),
    waitForTermination: (refs, options) => waitForTermination({ client, clock }, refs, options),
  };
}
