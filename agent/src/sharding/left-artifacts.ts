import type { ArtifactOwner, ArtifactStore } from '../artifacts/artifact.js';
import type { ObjectCache } from '../runtime/cache.js';
import type { Clock } from '../runtime/clock.js';
import type { OwnedShards } from './owned-shards.js';

export interface LeftArtifactsOptions {
  artifacts: Pick<ArtifactStore, 'removeAll'>;
  owned: OwnedShards;
  clock: Clock;
  /** How long consumers may still come for what the last status names. */
  keepMs: number;
}

/** Removes the artifacts of sources that another replica looks after now, when nobody can want them any more. */
export class LeftArtifacts {
  readonly #options: LeftArtifactsOptions;
  readonly #waiting = new Set<() => void>();

  constructor(options: LeftArtifactsOptions) {
    this.#options = options;
  }

  /** The shard has gone. Objects that are deleted meanwhile are cleared away as well. */
  left(shard: number, caches: readonly ObjectCache[]): void {
    const { clock, owned, keepMs } = this.#options;
    const owners = caches.flatMap((cache) => cache.list().map(ownerOf));
    const gone = owners.filter((owner) => owned.shardOf(owner) === shard);
    const cancel = clock.schedule(keepMs, () => {
      this.#waiting.delete(cancel);
      for (const owner of gone) void this.#remove(owner);
    });
    this.#waiting.add(cancel);
  }

  stop(): void {
    for (const cancel of this.#waiting) cancel();
  }

  async #remove(owner: ArtifactOwner): Promise<void> {
    // What stays for a failure of the disk does no harm: it is replaced or removed when the source comes back.
    if (!this.#options.owned.owns(owner))
      await this.#options.artifacts.removeAll(owner).catch(() => undefined);
  }
}

function ownerOf({ kind, metadata }: ReturnType<ObjectCache['list']>[number]): ArtifactOwner {
  return { kind, namespace: metadata.namespace ?? '', name: metadata.name };
}
