/** In the order of the wire between replicas: new ones at the end. */
export const changeTopics = [
  'cluster',
  'object',
  'event',
  'intent',
  'environment',
  'pipeline',
  'release',
  'promotion',
  'rollout',
  'freeze',
  'plan',
  'veto',
  'standing',
] as const;
export type ChangeTopic = (typeof changeTopics)[number];

/** Says what has changed, never how: readers ask the database. */
export interface Change {
  readonly topic: ChangeTopic;
  /** Empty for what belongs to no cluster. */
  readonly clusterId: string;
  /**
   * object: `apiVersion|kind|namespace|name`; cluster, environment, pipeline and freeze: its name; the others: id.
   * standing: the name of the cluster, of which nothing changed but what is asked of it, or how far its agents have got
   * with that; whoever decides by what clusters are and report need not look.
   * Null: so many of the cluster's objects or events that reading all again is cheaper.
   */
  readonly key: string | null;
  readonly deleted: boolean;
}

/** More changes of one topic in one cluster than this become one change without a key. */
const mostKeys = 200;

type Encoded = [topic: number, clusterId: string, key: string | null, deleted: 0 | 1];

/** Drops repetitions (the last one counts) and folds crowds. */
export function coalesceChanges(changes: readonly Change[]): readonly Change[] {
  const groups = new Map<string, Map<string | null, Change>>();
  for (const change of changes) {
    const name = `${change.topic}/${change.clusterId}`;
    const group = groups.get(name) ?? new Map<string | null, Change>();
    groups.set(name, group.set(change.key, change));
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group.values();
    const crowd = group.size > mostKeys || group.has(null);
    return crowd && first ? [{ ...first, key: null, deleted: false }] : [...group.values()];
  });
}

/** Packs changes into as few texts of at most `limitBytes` as they need. */
export function encodeChanges(changes: readonly Change[], limitBytes: number): readonly string[] {
  const payloads: string[] = [];
  let parts: string[] = [];
  let size = 2;
  for (const { topic, clusterId, key, deleted } of changes) {
    const row: Encoded = [changeTopics.indexOf(topic), clusterId, key, deleted ? 1 : 0];
    const part = JSON.stringify(row);
    const bytes = Buffer.byteLength(part) + 1;
    if (size + bytes > limitBytes && parts.length > 0) {
      payloads.push(`[${parts.join(',')}]`);
      parts = [];
      size = 2;
    }
    parts.push(part);
    size += bytes;
  }
  return parts.length > 0 ? [...payloads, `[${parts.join(',')}]`] : payloads;
}

export function decodeChanges(payload: string): readonly Change[] {
  return (JSON.parse(payload) as Encoded[]).flatMap(([index, clusterId, key, deleted]) => {
    const topic = changeTopics[index];
    return topic ? [{ topic, clusterId, key, deleted: deleted === 1 }] : [];
  });
}
