import type { KubeObject } from '@flotilla/common/kube/object';
import { isBuiltInKind } from './built-in-kinds.js';

/** How the server names a field it does not know: `.spec.containers[name="a"].colour: field not declared in schema`. */
const undeclared = /(?<=^|\s)(\.\S(?:[^\n"]|"(?:[^"\\\n]|\\.)*")*?): field not declared in schema/g;

/**
 * Server-side apply refuses a built-in object with a field that this server does not know, where Flux drops such
 * fields before it applies (flux-compat 3.6, 1). The same result without a copy of every type: the fields that the
 * server's answer names are removed. Undefined when the answer is about something else, or the kind is a custom one,
 * for which Flux reports the error too.
 */
export function withoutUnknownFields(object: KubeObject, serverMessage: string): KubeObject | undefined {
  if (!isBuiltInKind(object)) return undefined;
  const paths = [...serverMessage.matchAll(undeclared)].map((match) => parsePath(match[1]!));
  const copy = structuredClone(object);
  const removed = paths.filter((path) => path !== undefined && removeAt(copy, path));
  return removed.length > 0 ? copy : undefined;
}

/** A field name, the position in a list, or the key fields that pick an item of a list. */
type Step = string | number | Array<[field: string, value: unknown]>;

const step = /\.([^.[\]]+)|\[(\d+)\]|\[((?:[^"\]]|"(?:[^"\\]|\\.)*")+)\]/y;

function parsePath(text: string): Step[] | undefined {
  const steps: Step[] = [];
  step.lastIndex = 0;
  while (step.lastIndex < text.length) {
    const match = step.exec(text);
    if (!match) return undefined;
    if (match[1] !== undefined) steps.push(match[1]);
    else steps.push(match[2] === undefined ? parseKeys(match[3]!) : Number(match[2]));
  }
  return steps;
}

function parseKeys(text: string): Array<[string, unknown]> {
  return [...text.matchAll(/([^,=\s]+)=("(?:[^"\\]|\\.)*"|[^,]+)/g)].map((match) => [
    match[1]!,
    parseScalar(match[2]!),
  ]);
}

function parseScalar(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function removeAt(root: unknown, path: Step[]): boolean {
  const field = path.at(-1);
  const parent = path.slice(0, -1).reduce<unknown>(follow, root);
  if (typeof field !== 'string' || typeof parent !== 'object' || parent === null || !(field in parent))
    return false;
  return Reflect.deleteProperty(parent, field);
}

function follow(value: unknown, next: Step): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (typeof next === 'string' || typeof next === 'number') return Reflect.get(value, next);
  return Array.isArray(value)
    ? value.find((item) => next.every(([key, wanted]) => follow(item, key) === wanted))
    : undefined;
}
