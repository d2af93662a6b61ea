import type { SourceKey } from '../../standing/standing.js';

/** `kind/namespace/name`. */
export function sourceName({ kind, namespace, name }: SourceKey): string {
  return `${kind}/${namespace}/${name}`;
}
