/** Why a source is at the revision where it is, as its agent says. */
export const gateStates = ['Following', 'Pinned', 'Moving', 'Held', 'Frozen', 'Refused'] as const;
export type GateState = (typeof gateStates)[number];

/** What counts of a gate here. */
export interface ObservedGate {
  readonly state: GateState;
  readonly newestRevision: string;
  readonly pinnedRevision: string;
}

/** What is behind the last ":" or "@" of a revision: the commit or digest, whatever the name of the ref. */
export function revisionKey(revision: string): string {
  return revision.slice(Math.max(revision.lastIndexOf(':'), revision.lastIndexOf('@')) + 1);
}

/** Whether the gate keeps the source where it is, and by what. */
export function gateHold(gate: ObservedGate | null): 'Held' | 'Frozen' | null {
  switch (gate?.state) {
    case 'Frozen':
      return 'Frozen';
    case 'Held':
    case 'Refused':
      return 'Held';
    case 'Pinned':
      return isBehind(gate) ? 'Held' : null;
    case 'Following':
    case 'Moving':
    case undefined:
      return null;
  }
}

/** The pin names another revision than the one that the ref leads to. */
function isBehind({ newestRevision, pinnedRevision }: ObservedGate): boolean {
  if (newestRevision === '' || pinnedRevision === '') return false;
  return revisionKey(newestRevision) !== revisionKey(pinnedRevision);
}
