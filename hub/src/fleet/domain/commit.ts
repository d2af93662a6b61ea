/** What a person asks about: a commit by its first hex digits, or one whole revision as Flux writes it. */
export type CommitQuery = { readonly digits: string } | { readonly revision: string };

const hex = /^[0-9a-f]{7,64}$/i;
/** `<ref>@<algorithm>:<hex>`, `<algorithm>:<hex>`, or `<ref>/<hex>` as old Flux versions wrote it. */
const revisionForm = /^(?:(?:.+@)?[a-z0-9]+:|.+\/)([0-9a-f]{7,128})$/i;

/** Reads what stands in the address; null when it is neither a commit nor a revision. */
export function parseCommit(text: string): CommitQuery | null {
  if (hex.test(text)) return { digits: text.toLowerCase() };
  return text.length <= 512 && revisionForm.test(text) ? { revision: text } : null;
}

/** The hex digits of the commit or digest that a revision names; empty when it names none. */
export function digitsOf(revision: string): string {
  return (revisionForm.exec(revision)?.[1] ?? '').toLowerCase();
}

/** Whether a revision is the one that was asked for. */
export function matchesCommit(revision: string, query: CommitQuery): boolean {
  return 'revision' in query ? revision === query.revision : digitsOf(revision).startsWith(query.digits);
}
