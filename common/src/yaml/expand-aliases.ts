import { YamlError } from './yaml-error.js';

/** Far above any real manifest, far below what a nest of aliases can blow up to. */
const maxNodes = 1_000_000;

/** Copies a parsed document so that aliases share nothing. A cycle or an explosion of aliases is an error. */
export function expandAliases(value: unknown, document: number): unknown {
  const open = new Set<object>();
  let nodes = 0;

  function copy(node: unknown): unknown {
    nodes += 1;
    if (nodes > maxNodes) throw new YamlError('aliases expand to too many nodes', document);
    if (node === null || typeof node !== 'object') return node;
    if (open.has(node)) throw new YamlError('an alias contains itself', document);
    open.add(node);
    const result = Array.isArray(node) ? node.map(copy) : copyFields(node as Record<string, unknown>);
    open.delete(node);
    return result;
  }

  function copyFields(node: Record<string, unknown>): Record<string, unknown> {
    return Object.fromEntries(Object.entries(node).map(([key, field]) => [key, copy(field)]));
  }

  return copy(value);
}
