/** Names and what they stand for; an inner scope hides names of the outer one. */
export class Scope<T> {
  constructor(
    readonly lookup: (name: string) => T | undefined,
    readonly outer?: Scope<T>,
  ) {}

  get(name: string): T | undefined {
    const found = this.lookup(name);
    return found === undefined ? this.outer?.get(name) : found;
  }

  /** A scope with one more name. */
  with(name: string, value: T): Scope<T> {
    return new Scope((asked) => (asked === name ? value : undefined), this);
  }
}
