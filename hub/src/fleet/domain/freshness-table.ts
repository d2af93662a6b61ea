import type { Freshness } from './freshness.js';

/** Age of the last confirmation in milliseconds (null: never) and what it means; TypeScript and SQL are held to it. */
export const freshnessTable: readonly (readonly [
  sentence: string,
  ageMs: number | null,
  expected: Freshness,
])[] = [
  ['a cluster that never reported is lost', null, 'Lost'],
  ['a confirmation of now is live', 0, 'Live'],
  ['a confirmation from the future (clock skew) is live', -5_000, 'Live'],
  ['a confirmation is live until 20 s', 19_999, 'Live'],
  ['a confirmation is stale at 20 s', 20_000, 'Stale'],
  ['a confirmation is stale until 5 minutes', 299_999, 'Stale'],
  ['a cluster is lost at 5 minutes', 300_000, 'Lost'],
  ['a cluster stays lost', 86_400_000, 'Lost'],
];
