import type { ObjectCache } from '../../runtime/cache.js';
import { objectState, wireRef } from './object-state.js';
import type { StateTable } from './state-table.js';

/** Keeps the table equal to the caches. Returns a function that stops it. */
export function reportObjects(caches: readonly ObjectCache[], table: StateTable): () => void {
  const stops = caches.map((cache) =>
    cache.subscribe((change) => {
      if (change.type === 'deleted') table.remove(wireRef(change.object));
      else table.upsert(objectState(change.object));
    }),
  );
  return () => {
    for (const stop of stops) stop();
  };
}
