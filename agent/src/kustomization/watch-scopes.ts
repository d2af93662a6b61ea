import type { NamespacedName } from '@flotilla/common/kube/object';
import type { KubeClient } from '../kube/client.js';
import type { OwnedObjectWatchOptions } from '../ssa/drift/owned-object-watch.js';
import type { WatchScope } from '../ssa/drift/watch-scope.js';
import type { KustomizationCaches } from './deps.js';
import type { KustomizationOptions } from './options.js';
import { serviceAccountFor, userOf } from './service-account.js';

export interface WatchScopesDeps {
  client: KubeClient;
  caches: Pick<KustomizationCaches, 'kustomizations'>;
  options: Pick<KustomizationOptions, 'defaultServiceAccount'>;
}

/**
 * Where drift of a Kustomization's objects is watched: as the agent, one watch a kind for all; where the agent may not
 * see the kind, as the ServiceAccount that applies, in the whole cluster or else in the object's namespace.
 */
export function watchScopes({
  client,
  caches,
  options,
}: WatchScopesDeps): NonNullable<OwnedObjectWatchOptions['scopesOf']> {
  const own: WatchScope = { id: '', client };
  return (owner: NamespacedName, namespace) => {
    const object = caches.kustomizations.get(owner);
    const account = object && serviceAccountFor(object, options);
    if (!account) return [own];
    const user = userOf(account);
    const everywhere: WatchScope = { id: user, client: client.impersonate(user) };
    if (namespace === undefined) return [own, everywhere];
    return [own, everywhere, { ...everywhere, id: `${user} ${namespace}`, namespace }];
  };
}
