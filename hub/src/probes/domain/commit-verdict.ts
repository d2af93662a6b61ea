/** One status or check of a commit, as the Git host has it. */
export interface CommitCheck {
  readonly phase: 'pass' | 'wait' | 'fail';
  /** In the words of the Git host. */
  readonly state: string;
  readonly description: string;
}

/** What the checks of one name say about one commit. */
export interface CheckedCommit {
  readonly commit: string;
  readonly checks: readonly CommitCheck[];
}

export interface CommitVerdict {
  readonly phase: 'pass' | 'wait' | 'fail';
  readonly message: string;
}

const fails = ['failure', 'failed', 'error', 'cancelled', 'canceled', 'timed_out', 'startup_failure'];

/** What a word of a Git host means. Whatever is neither good nor bad may still become so. */
export function phaseOf(state: string): CommitCheck['phase'] {
  if (state === 'success') return 'pass';
  return fails.includes(state) ? 'fail' : 'wait';
}

/** Every commit has to have the check, and all that have its name have to be good. */
export function commitVerdict(context: string, commits: readonly CheckedCommit[]): CommitVerdict {
  const all = commits.flatMap(({ commit, checks }) =>
    checks.length === 0
      ? [{ phase: 'wait' as const, text: `${short(commit)} has no ${context} yet` }]
      : checks.map(({ phase, state, description }) => ({
          phase,
          text: `${context} of ${short(commit)} is ${state}${description === '' ? '' : `: ${description}`}`,
        })),
  );
  for (const phase of ['fail', 'wait'] as const) {
    const found = all.filter((one) => one.phase === phase);
    if (found.length > 0) return { phase, message: found.map(({ text }) => text).join('; ') };
  }
  return { phase: 'pass', message: all.map(({ text }) => text).join('; ') };
}

function short(commit: string): string {
  return commit.slice(0, 12);
}
