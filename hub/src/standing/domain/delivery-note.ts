/** What has become known of one agent and its set. */
export interface DeliveryNote {
  readonly clusterId: string;
  readonly shard: string;
  /** Version that its stream has taken. */
  readonly sent: bigint | null;
  /** Version that it keeps. */
  readonly acknowledged: bigint | null;
  /** Version that it has answered, and why it did not take that over. */
  readonly answered: bigint | null;
  readonly refusal: string;
}

/** One note for each agent; where two speak of the same, the later one counts. */
export function mergeNotes(notes: readonly DeliveryNote[]): readonly DeliveryNote[] {
  const merged = new Map<string, DeliveryNote>();
  for (const note of notes) {
    const key = `${note.clusterId}\n${note.shard}`;
    const before = merged.get(key);
    merged.set(key, before ? mergeTwo(before, note) : note);
  }
  return [...merged.values()];
}

function mergeTwo(before: DeliveryNote, after: DeliveryNote): DeliveryNote {
  const answers = after.answered !== null && after.answered >= (before.answered ?? 0n);
  return {
    ...after,
    sent: after.sent ?? before.sent,
    acknowledged: after.acknowledged ?? before.acknowledged,
    answered: answers ? after.answered : before.answered,
    refusal: answers ? after.refusal : before.refusal,
  };
}
