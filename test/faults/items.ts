// What a repository of the fault tests declares: numbered ConfigMaps that hold a version.

/** Version of each item, by its number. */
export type Items = Readonly<Record<number, string>>;

export const itemName = (item: number | string): string => `item-${String(item).padStart(2, '0')}`;

/** The items of a range in one version. */
export const range = (from: number, to: number, version: string): Items =>
  Object.fromEntries(Array.from({ length: to - from + 1 }, (_, index) => [from + index, version]));
