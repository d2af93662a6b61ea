import { allKinds } from '@flotilla/common/api/all-kinds';
import { customResourceDefinition } from '@flotilla/common/api/crd';
import { refOf } from '@flotilla/common/kube/object';
import type { KubeReader } from '../kube/client.js';
import { isApiError } from '../kube/errors.js';
import type { Logger } from '../runtime/logger.js';
import { lackingIn } from './judge-crd.js';

const remedy = 'flotilla-agent crds | kubectl apply --server-side --force-conflicts -f -';
/** Enough to see what is meant. */
const mostShown = 5;

/**
 * Says once, at the start, which CRDs are missing or older than this agent, and what to do. Nobody upgrades CRDs for
 * people: Helm leaves them alone. Never throws: without an answer there is nothing to say.
 */
export async function reportCrds(client: KubeReader, logger: Logger, signal: AbortSignal): Promise<void> {
  for (const own of allKinds.map(customResourceDefinition)) {
    const crd = own.metadata.name;
    try {
      const live = await client.get(refOf(own), { signal });
      if (!live) {
        logger.error({ crd, remedy }, 'CRD is missing; nothing of this kind is reconciled until it is there');
        continue;
      }
      const lacking = lackingIn(live, own);
      if (lacking.length === 0) continue;
      const fields = {
        crd,
        lacking: lacking.slice(0, mostShown),
        more: Math.max(lacking.length - mostShown, 0),
      };
      logger.error({ ...fields, remedy }, 'CRD is older than this agent; the API server drops what it lacks');
    } catch (error) {
      if (signal.aborted) return;
      const level = isApiError(error, 403) ? 'debug' : 'info';
      logger[level]({ crd, error }, 'cannot compare the CRD with this agent');
    }
  }
}
