import { isOfCommit, parseRevision } from '@flotilla/common/revision/revision';

/** What a person asks about: a commit by its first hex digits, or a whole revision or digest. */
export interface CommitQuery {
  readonly text: string;
  /** Lower case; null when a whole revision is asked for. */
  readonly digits: string | null;
}

/** Reads what stands in the address; null when it is neither a commit nor a revision. */
export function parseCommit(text: string): CommitQuery | null {
  if (/^[0-9a-f]{7,64}$/i.test(text)) return { text, digits: text.toLowerCase() };
  return text.length <= 512 && parseRevision(text) !== undefined ? { text, digits: null } : null;
}

/** Whether a revision is the one that was asked for. */
export function matchesCommit(revision: string, { text }: CommitQuery): boolean {
  return isOfCommit(revision, text);
}
