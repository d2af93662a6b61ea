/**
 * In which versions the objects of a Kustomization were found healthy, by its uid. As long as the watch shows the same
 * versions, their status is the same too, and nobody needs to read them again.
 */
export class HealthyVersions {
  readonly #versions = new Map<string, string>();

  /** `versions` have to be taken before the objects are read: a change in between then counts as a change. */
  set(uid: string, versions: string | undefined): void {
    if (versions === undefined) this.#versions.delete(uid);
    else this.#versions.set(uid, versions);
  }

  has(uid: string, versions: string | undefined): boolean {
    return versions !== undefined && this.#versions.get(uid) === versions;
  }

  forget(uid: string): void {
    this.#versions.delete(uid);
  }
}
