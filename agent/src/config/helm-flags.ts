import type { Flag, Values } from '@flotilla/common/flags/flag';
import { optionalText } from '@flotilla/common/flags/flag-schemas';

/** A flag that an install of Flux may bring along. Without a default, so that one that was given is known. */
function taken(name: string, value: string): Flag<string | undefined> {
  return {
    name,
    description: 'Of Helm sources: taken, and without effect yet.',
    value,
    schema: optionalText,
  };
}

/** Flags of source-controller about kinds that this agent does not reconcile yet (flux-compat 8.1). */
export const helmFlags = {
  helmCacheMaxSize: taken('helm-cache-max-size', 'n'),
  helmCacheTtl: taken('helm-cache-ttl', 'duration'),
  helmCachePurgeInterval: taken('helm-cache-purge-interval', 'duration'),
  helmIndexMaxSize: taken('helm-index-max-size', 'bytes'),
  helmChartMaxSize: taken('helm-chart-max-size', 'bytes'),
  helmChartFileMaxSize: taken('helm-chart-file-max-size', 'bytes'),
} as const satisfies Record<string, Flag<unknown>>;

/** The names of those that were given: whoever set them must know that they do nothing. */
export function givenHelmFlags(config: Values<typeof helmFlags>): readonly string[] {
  return Object.entries(helmFlags).flatMap(([key, { name }]) =>
    config[key as keyof typeof helmFlags] === undefined ? [] : `--${name}`,
  );
}
