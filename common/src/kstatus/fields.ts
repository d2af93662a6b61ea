/** What an object says may have any shape, so every read tolerates all of them. */
export function fieldAt(object: unknown, ...path: readonly string[]): unknown {
  let value = object;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

export function textAt(object: unknown, ...path: readonly string[]): string | undefined {
  const value = fieldAt(object, ...path);
  return typeof value === 'string' ? value : undefined;
}

export function numberAt(object: unknown, ...path: readonly string[]): number | undefined {
  const value = fieldAt(object, ...path);
  return typeof value === 'number' ? value : undefined;
}

/** The parts of a condition that matter here; kinds differ in the rest. */
export interface AnyCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export function conditionsOf(object: unknown): AnyCondition[] {
  const list = fieldAt(object, 'status', 'conditions');
  if (!Array.isArray(list)) return [];
  return list.map((item) => ({
    type: textAt(item, 'type') ?? '',
    status: textAt(item, 'status') ?? '',
    reason: textAt(item, 'reason') ?? '',
    message: textAt(item, 'message') ?? '',
  }));
}

export function conditionOf(object: unknown, type: string): AnyCondition | undefined {
  return conditionsOf(object).find((condition) => condition.type === type);
}
