import type { FluxKind } from '../cluster/kinds.js';
import { usageError } from '../errors/cli-error.js';

/** Through the hub objects are always named: the clusters of a fleet differ in what they have. @throws CliError */
export function fleetNames(
  kind: FluxKind,
  names: readonly string[],
  { all }: { readonly all?: boolean },
): readonly string[] {
  if (all)
    throw usageError(
      '--all: is for the cluster of a kubeconfig',
      'name the objects; flotilla get objects lists them',
    );
  if (names.length === 0) throw usageError(`no ${kind.humanKind} is named`, 'give one or more names');
  return [...new Set(names)];
}
