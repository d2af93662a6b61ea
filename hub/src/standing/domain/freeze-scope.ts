import type { FreezeScope } from '@flotilla/common/fleet-api/freeze';
import type { SourceKey } from '../standing.js';

/** A cluster, as far as freezes are about it. */
export interface FreezableCluster {
  readonly id: string;
  readonly name: string;
}

/** The clusters of environments, by the environment's name. */
export type EnvironmentMembers = ReadonlyMap<string, ReadonlySet<string>>;

/** Whether sources of the cluster are in the scope. A scope of only a source is about it in every cluster. */
export function holdsCluster(
  scope: FreezeScope,
  cluster: FreezableCluster,
  members: EnvironmentMembers,
): boolean {
  if (scope.cluster !== undefined) return scope.cluster === cluster.name;
  if (scope.environment !== undefined) return members.get(scope.environment)?.has(cluster.id) ?? false;
  return true;
}

/** Whether any of the sources is in the scope; undefined stands for every source. */
export function holdsSource({ source }: FreezeScope, sources: readonly SourceKey[] | undefined): boolean {
  if (source === undefined || sources === undefined) return true;
  return sources.some(
    ({ kind, namespace, name }) =>
      kind === source.kind && namespace === source.namespace && name === source.name,
  );
}
