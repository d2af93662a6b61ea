import type { GitReference } from '@flotilla/common/api/git-repository';

/** What spec.ref asks for (flux-compat 2.3). */
export type CheckoutPlan =
  | { kind: 'branch'; name: string }
  | { kind: 'tag'; name: string }
  | { kind: 'name'; name: string }
  | { kind: 'semver'; range: string }
  | { kind: 'commit'; commit: string; branch?: string };

/** Order: commit, name, tag, semver, branch; the branch master when nothing is said (flux-compat 2.3). */
export function planCheckout(ref: GitReference | undefined): CheckoutPlan {
  if (ref?.commit)
    return { kind: 'commit', commit: commitHash(ref.commit), ...(ref.branch ? { branch: ref.branch } : {}) };
  if (ref?.name) return { kind: 'name', name: ref.name };
  if (ref?.tag) return { kind: 'tag', name: ref.tag };
  if (ref?.semver) return { kind: 'semver', range: ref.semver };
  return { kind: 'branch', name: ref?.branch || 'master' };
}

/** The full ref name of a plan that names exactly one. */
export function refNameOf(plan: Extract<CheckoutPlan, { name: string }>): string {
  if (plan.kind === 'branch') return `refs/heads/${plan.name}`;
  return plan.kind === 'tag' ? `refs/tags/${plan.name}` : plan.name;
}

/** `<name>@sha1:<hash>`, or `sha1:<hash>` without a name (flux-compat 2.1). */
export function gitRevision(name: string | undefined, hash: string): string {
  const digest = `${hash.length === 64 ? 'sha256' : 'sha1'}:${hash}`;
  return name ? `${name}@${digest}` : digest;
}

/** Why a ref name can be on no server; git's own rules, as far as they protect a command line and a ref file. */
export function isRefName(name: string): boolean {
  // oxlint-disable-next-line no-control-regex
  const forbidden = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[-/]|\/$|\.$|\.lock(\/|$)|(^|\/)\./;
  return name.length > 0 && name.length <= 1024 && !forbidden.test(name);
}

/** git takes a whole hash in capitals, too; revisions are always in small letters. */
function commitHash(text: string): string {
  const lower = text.toLowerCase();
  return isCommitHash(lower) ? lower : text;
}

/** True for a whole commit hash. */
export function isCommitHash(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}
