import { createHash } from 'node:crypto';

/**
 * The member that a key belongs to: the one with the highest hash of both. Every replica comes to the same answer
 * by itself, and a member that comes or goes moves only the keys that it gets or had.
 * Undefined when there are no members.
 */
export function rendezvousOwner(key: string, members: readonly string[]): string | undefined {
  let owner: string | undefined;
  let highest = -1;
  for (const member of members) {
    const score = scoreOf(key, member);
    if (score > highest || (score === highest && owner !== undefined && member < owner)) {
      owner = member;
      highest = score;
    }
  }
  return owner;
}

/** 48 bits; a tie is broken by name. */
function scoreOf(key: string, member: string): number {
  return createHash('sha256').update(member).update('\0').update(key).digest().readUIntBE(0, 6);
}
