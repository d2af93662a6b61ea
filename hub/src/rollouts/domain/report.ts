import type { Change } from '../../platform/changes/change.js';
import type { SourceKey } from '../../standing/standing.js';

/** What a report of an agent is about, as far as rollouts are concerned. */
export type Report =
  /** A source: rollouts that move it on the cluster. */
  | { readonly about: 'source'; readonly clusterId: string; readonly source: SourceKey }
  /** A Kustomization: rollouts that move what it is built from. */
  | { readonly about: 'built'; readonly clusterId: string; readonly namespace: string; readonly name: string }
  /** Nobody knows: all rollouts of the cluster. */
  | { readonly about: 'cluster'; readonly clusterId: string };

/** Reads a change of the topic `object`. */
export function reportOf({ clusterId, key, deleted }: Change): Report {
  const [, kind, namespace, name] = key?.split('|') ?? [];
  if (kind === undefined || namespace === undefined || name === undefined)
    return { about: 'cluster', clusterId };
  if (kind !== 'Kustomization') return { about: 'source', clusterId, source: { kind, namespace, name } };
  // What it was built from went with it.
  return deleted ? { about: 'cluster', clusterId } : { about: 'built', clusterId, namespace, name };
}
