import { endsByItself } from '@flotilla/common/kstatus/vanished';
import { hasChanged, type ChangeSetEntry } from '../changeset.js';
import { keyOf, versionOf, type SeenObject } from './object-version.js';

export type { ObjectVersion, SeenObject } from './object-version.js';

/** What an apply has seen and has to know of when it changes: not what was deleted, or left alone for others. */
export function seenObjects(entries: readonly ChangeSetEntry[]): SeenObject[] {
  return entries.flatMap((entry) => entry.settled ?? seenLive(entry));
}

function seenLive({ ref, action, live, desired }: ChangeSetEntry): SeenObject[] {
  if (!live) return [];
  const seen = { ref, key: keyOf(live), version: versionOf(live.metadata), written: hasChanged(action) };
  return [
    {
      ...seen,
      ...(desired === undefined ? {} : { desired }),
      ...(endsByItself(live) ? { endsByItself: true } : {}),
      ...(action === 'skipped' ? { skipped: true } : {}),
    },
  ];
}
