import { formatName, type NamespacedName, type ObjectRef } from '@flotilla/common/kube/object';
import { objectId } from '@flotilla/common/inventory/object-id';

/** Objects that may have drifted, until a reconcile of their Kustomization has looked at them. */
export class Suspects {
  readonly #byOwner = new Map<string, Map<string, ObjectRef>>();

  add(owner: NamespacedName, ref: ObjectRef): void {
    const key = formatName(owner);
    const refs = this.#byOwner.get(key) ?? new Map<string, ObjectRef>();
    this.#byOwner.set(key, refs.set(objectId(ref), ref));
  }

  has(owner: NamespacedName): boolean {
    return this.#byOwner.has(formatName(owner));
  }

  /** Gives the suspects of an owner, and forgets them: whoever takes them has to verify them. */
  take(owner: NamespacedName): ObjectRef[] {
    const key = formatName(owner);
    const refs = [...(this.#byOwner.get(key)?.values() ?? [])];
    this.#byOwner.delete(key);
    return refs;
  }
}
