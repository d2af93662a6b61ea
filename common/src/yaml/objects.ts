import type { KubeObject } from '../kube/object.js';
import { parseYamlDocuments } from './parse.js';
import { YamlError } from './yaml-error.js';

/**
 * Reads Kubernetes objects from a YAML text. A document that is not an object (no mapping, or without
 * apiVersion, kind or metadata.name) is an error that names it. Lists stay lists; see `flattenLists`.
 */
export function parseObjects(text: string): KubeObject[] {
  return parseYamlDocuments(text).map(({ index, value }) => {
    const problem = objectProblem(value);
    if (problem) throw new YamlError(problem, index);
    return value as KubeObject;
  });
}

/** Replaces every `List` (also `ConfigMapList` and the like) by its items, in order, at any depth. */
export function flattenLists(objects: readonly KubeObject[]): KubeObject[] {
  return objects.flatMap((object) => (isList(object) ? flattenLists(itemsOf(object)) : [object]));
}

function itemsOf(list: KubeObject): KubeObject[] {
  return (list['items'] as unknown[]).map((item, position) => {
    const typed = withTypeOfList(item, list);
    const problem = objectProblem(typed);
    if (problem) throw new Error(`${list.kind}: items[${position}]: ${problem}`);
    return typed as KubeObject;
  });
}

/** Items of a typed list may leave out apiVersion and kind: a ConfigMapList holds ConfigMaps. */
function withTypeOfList(item: unknown, list: KubeObject): unknown {
  if (!isMapping(item) || list.kind === 'List' || item['kind'] !== undefined) return item;
  return { apiVersion: list.apiVersion, kind: list.kind.slice(0, -'List'.length), ...item };
}

function isList(object: Record<string, unknown>): boolean {
  return (
    typeof object['kind'] === 'string' && object['kind'].endsWith('List') && Array.isArray(object['items'])
  );
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectProblem(value: unknown): string | undefined {
  if (!isMapping(value)) return 'not a Kubernetes object: expected a mapping';
  for (const field of ['apiVersion', 'kind']) {
    if (!isText(value[field])) return `not a Kubernetes object: ${field} is missing`;
  }
  if (isList(value)) return undefined;
  const metadata = value['metadata'];
  if (!isMapping(metadata) || !isText(metadata['name']))
    return `${String(value['kind'])}: metadata.name is missing`;
  return undefined;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
