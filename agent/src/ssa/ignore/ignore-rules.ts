import { compileTarget, type ObjectTarget } from '@flotilla/common/selector/object-selector';
import type { KubeObject } from '@flotilla/common/kube/object';
import { parseJsonPointer } from './json-pointer.js';

/** Fields of some objects that others may set (flux-compat 3.6, 8). */
export interface IgnoreRule {
  matches(object: KubeObject): boolean;
  pointers: ReadonlyArray<readonly string[]>;
}

/** As the spec of an object writes it. */
export interface DeclaredIgnoreRule {
  paths: readonly string[];
  target?: ObjectTarget | undefined;
}

/** @throws Error that names the rule and the field */
export function compileIgnoreRules(rules: readonly DeclaredIgnoreRule[]): IgnoreRule[] {
  return rules.map(({ paths, target }, index) => {
    try {
      return { matches: compileTarget(target), pointers: paths.map(parseJsonPointer) };
    } catch (error) {
      throw new Error(`invalid ignore rule spec.ignore[${index}]: ${(error as Error).message}`, {
        cause: error,
      });
    }
  });
}

/** The fields of one object that are ignored. */
export function ignoredPointers(
  rules: readonly IgnoreRule[] | undefined,
  object: KubeObject,
): ReadonlyArray<readonly string[]> {
  return (rules ?? []).filter((rule) => rule.matches(object)).flatMap(({ pointers }) => pointers);
}
