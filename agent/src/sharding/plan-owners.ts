import { rendezvousOwner } from '@flotilla/common/rendezvous/rendezvous';

type Owners = ReadonlyArray<string | null>;

/**
 * Spreads the shards over the members, as evenly as it goes (no member has two more than another) and with as few
 * moves as possible. Everybody who looks at the same table comes to the same plan.
 */
export function planOwners(members: readonly string[], owners: Owners): Owners {
  if (members.length === 0) return owners.map(() => null);
  const plan = new Plan(members.toSorted(), owners);
  plan.assignFree();
  plan.level();
  return plan.owners;
}

class Plan {
  readonly owners: Array<string | null>;
  readonly #held: Map<string, number[]>;

  constructor(members: readonly string[], owners: Owners) {
    this.#held = new Map(members.map((member) => [member, []]));
    this.owners = owners.map((owner) => (owner !== null && this.#held.has(owner) ? owner : null));
    for (const [shard, owner] of this.owners.entries())
      if (owner !== null) this.#held.get(owner)?.push(shard);
  }

  assignFree(): void {
    for (const [shard, owner] of this.owners.entries())
      if (owner === null) this.#give(shard, this.#idlest(shard));
  }

  level(): void {
    for (;;) {
      const busiest = this.#busiest();
      const shard = this.#held.get(busiest)?.at(-1);
      if (shard === undefined) return;
      const idlest = this.#idlest(shard);
      if (this.#load(busiest) - this.#load(idlest) < 2) return;
      this.#held.get(busiest)?.pop();
      this.#give(shard, idlest);
    }
  }

  #give(shard: number, member: string): void {
    this.owners[shard] = member;
    this.#held.get(member)?.push(shard);
  }

  #load(member: string): number {
    return this.#held.get(member)?.length ?? 0;
  }

  #idlest(shard: number): string {
    const least = Math.min(...[...this.#held.values()].map(({ length }) => length));
    const idle = [...this.#held.keys()].filter((member) => this.#load(member) === least);
    return rendezvousOwner(String(shard), idle)!;
  }

  #busiest(): string {
    return [...this.#held.keys()].reduce((most, member) =>
      this.#load(member) > this.#load(most) ? member : most,
    );
  }
}
