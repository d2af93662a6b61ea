import { RE2JS } from 're2js';
import { groupOf, versionOf, type KubeObject } from '../kube/object.js';
import { parseSelector } from '../labels/parse-selector.js';
import { matchesSelector } from '../labels/selector.js';

/** Which objects something is for, as patches and ignore rules say it (flux-compat 3.1); all that is given has to hold. */
export interface ObjectTarget {
  /** Regular expressions that have to match as a whole. */
  readonly group?: string | undefined;
  readonly version?: string | undefined;
  readonly kind?: string | undefined;
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  /** In the syntax of label selectors. */
  readonly labelSelector?: string | undefined;
  readonly annotationSelector?: string | undefined;
}

type Test = (object: KubeObject) => boolean;

const patterns: ReadonlyArray<
  readonly [field: 'group' | 'version' | 'kind' | 'name' | 'namespace', read: (object: KubeObject) => string]
> = [
  ['group', ({ apiVersion }) => groupOf(apiVersion)],
  ['version', ({ apiVersion }) => versionOf(apiVersion)],
  ['kind', ({ kind }) => kind],
  ['name', ({ metadata }) => metadata.name],
  ['namespace', ({ metadata }) => metadata.namespace ?? ''],
];

/** A predicate for a target; without one every object is meant. @throws Error that names the field */
export function compileTarget(target: ObjectTarget = {}): Test {
  const tests = [
    ...patterns.flatMap(([field, read]) => patternTest(field, target[field], read)),
    ...selectorTest('labelSelector', target.labelSelector, ({ metadata }) => metadata.labels),
    ...selectorTest('annotationSelector', target.annotationSelector, ({ metadata }) => metadata.annotations),
  ];
  return (object) => tests.every((test) => test(object));
}

function patternTest(
  field: string,
  pattern: string | undefined,
  read: (object: KubeObject) => string,
): Test[] {
  if (!pattern) return [];
  try {
    const compiled = RE2JS.compile(pattern);
    return [(object) => compiled.matches(read(object))];
  } catch (error) {
    throw new Error(`${field}: ${(error as Error).message}`, { cause: error });
  }
}

function selectorTest(
  field: string,
  text: string | undefined,
  read: (object: KubeObject) => Record<string, string> | undefined,
): Test[] {
  if (!text) return [];
  try {
    const selector = parseSelector(text);
    return [(object) => matchesSelector(selector, read(object))];
  } catch (error) {
    throw new Error(`${field}: ${(error as Error).message}`, { cause: error });
  }
}
