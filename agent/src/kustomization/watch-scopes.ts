import type { NamespacedName } from '@flotilla/common/kube/object';
import type { KubeClient } from '../kube/client.js';
import type { OwnedObjectWatchOptions } from '../ssa/drift/owned-object-watch.js';
import type { WatchScope } from '../ssa/drift/watch-scope.js';
import type { KustomizationCaches } from './deps.js';
import type { KustomizationOptions } from './options.js';
import type { RemoteClusters } from './remote/remote-clusters.js';
import { serviceAccountFor, userOf } from './service-account.js';

export interface WatchScopesDeps {
  client: KubeClient;
  caches: Pick<KustomizationCaches, 'kustomizations'>;
  clusters: Pick<RemoteClusters, 'of'>;
  options: Pick<KustomizationOptions, 'defaultServiceAccount'>;
}

/**
 * Where drift of a Kustomization's objects is watched: as the agent, or as the user of the kubeconfig in another
 * cluster, one watch a kind for all; where that one may not see the kind, as the ServiceAccount that applies, in the
 * whole cluster or else in the object's namespace.
 */
export function watchScopes({
  client: ownClient,
  caches,
  clusters,
  options,
}: WatchScopesDeps): NonNullable<OwnedObjectWatchOptions['scopesOf']> {
  return (owner: NamespacedName, namespace) => {
    const { key: cluster, client } = clusters.of(owner) ?? { key: '', client: ownClient };
    const whole: WatchScope = { id: cluster, client };
    const object = caches.kustomizations.get(owner);
    const account = object && serviceAccountFor(object, options);
    if (!account) return [whole];
    const user = userOf(account);
    const everywhere: WatchScope = { id: `${cluster} ${user}`, client: client.impersonate(user) };
    if (namespace === undefined) return [whole, everywhere];
    return [whole, everywhere, { ...everywhere, id: `${everywhere.id} ${namespace}`, namespace }];
  };
}
