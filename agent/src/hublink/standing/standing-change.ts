import { isDeepStrictEqual } from 'node:util';
import { isSameSource, type SourceName, type StandingSet } from './standing-set.js';

/** What is known at a moment: the set, or why there is none. */
export type StandingState =
  | { readonly readable: true; readonly set: StandingSet }
  | { readonly readable: false; readonly why: string };

/** Says which sources a change is about. */
export interface StandingChange {
  concerns(source: SourceName, url: string): boolean;
}

/** Address without what does not tell repositories apart: case of the host, user information, `/` and `.git` at the end. */
export function comparableUrl(url: string): string {
  const bare = url.replace(
    /^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@)?([^/?#]*)/i,
    (_, scheme: string, host: string) => `${scheme}${host}`.toLowerCase(),
  );
  return bare.replace(/\/+$/, '').replace(/\.git$/, '');
}

/**
 * Whether somebody else than a hub has written what is kept now: hubs give every change a higher version. What another
 * cluster was asked does not compare.
 */
export function isEdited(before: StandingState, after: StandingState): boolean {
  if (!before.readable || !after.readable) return false;
  const { version, cluster } = before.set;
  if (version === 0n || after.set.version === 0n || after.set.cluster !== cluster) return false;
  if (after.set.version !== version) return after.set.version < version;
  return !isDeepStrictEqual(plainSet(before.set), plainSet(after.set));
}

/** The difference of two states; undefined when no source is concerned. */
export function changeBetween(before: StandingState, after: StandingState): StandingChange | undefined {
  if (!before.readable || !after.readable) {
    const same = !before.readable && !after.readable && before.why === after.why;
    return same ? undefined : { concerns: () => true };
  }
  const pins = differing(before.set.pins, after.set.pins);
  const freezes = differing(before.set.freezes, after.set.freezes);
  const urls = new Set(differing(before.set.vetoes, after.set.vetoes).map(({ url }) => comparableUrl(url)));
  if (pins.length + freezes.length + urls.size === 0) return undefined;
  const named = [...pins, ...freezes].flatMap(({ source }) => source ?? []);
  const isForAll = freezes.some(({ source }) => source === undefined);
  return {
    concerns: (source, url) =>
      isForAll || named.some((one) => isSameSource(one, source)) || urls.has(comparableUrl(url)),
  };
}

/** Those that are not the same in both lists, from either. */
function differing<T extends { readonly id: string }>(before: readonly T[], after: readonly T[]): T[] {
  const old = new Map(before.map((one) => [one.id, one]));
  const changed: T[] = [];
  for (const one of after) {
    const was = old.get(one.id);
    old.delete(one.id);
    if (!isDeepStrictEqual(plain(was), plain(one))) changed.push(one, ...(was ? [was] : []));
  }
  return [...changed, ...old.values()];
}

function plainSet({ pins, freezes, vetoes }: StandingSet): unknown {
  return plain({ pins, freezes, vetoes });
}

/** An absent field and one that is undefined are the same. */
function plain(one: unknown): unknown {
  return one === undefined ? undefined : JSON.parse(JSON.stringify(one));
}
