import { z } from 'zod';

/** Who is there and who owns what: the one record that all replicas of an agent agree on, changed by compare-and-swap. */
export interface ShardTable {
  /** `--shards` of those who use it. */
  readonly shards: number;
  /** Replicas by name. The number moves with each renewal; one that stands still says that the replica is gone. */
  readonly members: Readonly<Record<string, number>>;
  /** The owner of each shard; null = nobody. */
  readonly owners: ReadonlyArray<string | null>;
}

const schema = z
  .object({
    shards: z.int().min(1),
    members: z.record(z.string(), z.int()),
    owners: z.array(z.string().nullable()),
  })
  .refine(({ shards, owners }) => owners.length === shards, 'one owner a shard');

/** Reads what a table looks like in the cluster; undefined when it is none. */
export function parseShardTable(text: string): ShardTable | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The text that `parseShardTable` reads. */
export function formatShardTable({ shards, members, owners }: ShardTable): string {
  return JSON.stringify({ shards, members, owners });
}
