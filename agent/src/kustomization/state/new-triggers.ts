import { formatName, type NamespacedName, type ObjectRef } from '@flotilla/common/kube/object';

/** What asked for another reconcile of a Kustomization since its last one began. */
export class NewTriggers {
  readonly #causes = new Map<string, ObjectRef>();
  readonly #waiting = new Map<string, (cause: ObjectRef) => void>();

  /** A reconcile begins: it sees all that has happened so far. */
  begin(name: NamespacedName): void {
    this.#causes.delete(formatName(name));
  }

  /** Something asks for a reconcile. */
  add(name: NamespacedName, cause: ObjectRef): void {
    const key = formatName(name);
    this.#causes.set(key, cause);
    this.#waiting.get(key)?.(cause);
  }

  /** Calls back at the first trigger since the reconcile began, at once if there was one; until the returned function is called. */
  watch(name: NamespacedName, tell: (cause: ObjectRef) => void): () => void {
    const key = formatName(name);
    const known = this.#causes.get(key);
    if (known) tell(known);
    this.#waiting.set(key, tell);
    return () => this.#waiting.delete(key);
  }
}
