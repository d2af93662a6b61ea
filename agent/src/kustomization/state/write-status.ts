import type { KubeWriter } from '../../kube/client.js';
import { isApiError } from '../../kube/errors.js';
import type { WriteStatus } from '../deps.js';
import { kustomizationType, statusManager } from '../kind.js';

/**
 * Replaces the status as a whole, as the manager that Flux uses (flux-compat 1.4). A patch of single fields, or an
 * apply, would leave behind what the same manager wrote as another kind of operation before a migration.
 */
export function createWriteStatus(client: Pick<KubeWriter, 'patch'>): WriteStatus {
  return async (object, status, signal) => {
    const { name, namespace = '', uid } = object.metadata;
    const body = [
      // Another object of the same name must not get this one's status.
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'add', path: '/status', value: status },
    ] as const;
    try {
      const options = { subresource: 'status', fieldManager: statusManager, signal } as const;
      return await client.patch({ ...kustomizationType, name, namespace }, { type: 'json', body }, options);
    } catch (error) {
      if (isApiError(error, 404)) return undefined;
      throw error;
    }
  };
}
