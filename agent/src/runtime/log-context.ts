import { AsyncLocalStorage } from 'node:async_hooks';

export type LogFields = Readonly<Record<string, unknown>>;

const context = new AsyncLocalStorage<LogFields>();

/** Every log line that is written while `run` is under way carries the fields, without anyone handing them on. */
export function withLogFields<T>(fields: LogFields, run: () => T): T {
  return context.run({ ...context.getStore(), ...fields }, run);
}

/** The object that is being reconciled, if any. */
export function currentObject(): { kind: string; name: string; namespace: string } | undefined {
  const { controllerKind: kind, name, namespace } = currentLogFields();
  const isObject = [kind, name, namespace].every((field) => typeof field === 'string');
  return isObject
    ? { kind: kind as string, name: name as string, namespace: namespace as string }
    : undefined;
}

/** The fields of the work that is under way. */
export function currentLogFields(): LogFields {
  return context.getStore() ?? {};
}
