export const questionStates = ['Waiting', 'Running', 'Complete', 'Failed', 'Refused', 'Unreachable'] as const;
export type QuestionState = (typeof questionStates)[number];

/** An answer is still expected. */
export const openStates = ['Waiting', 'Running'] as const satisfies readonly QuestionState[];

/** Running: clusters are asked. Failed: at least one cannot say, or could not carry out, everything. */
export const planStates = ['Running', 'Complete', 'Failed'] as const;
export type PlanState = (typeof planStates)[number];

/** How long the last word of an agent is waited for that reports at the deadline itself. */
export const lastWordGraceMs = 5_000;

export function isOpen(state: QuestionState): boolean {
  return state === 'Waiting' || state === 'Running';
}

/** The state of a plan by those of its questions. */
export function planState(states: Readonly<Partial<Record<QuestionState, number>>>): PlanState {
  const count = (names: readonly QuestionState[]) =>
    names.reduce((sum, name) => sum + (states[name] ?? 0), 0);
  if (count(openStates) > 0) return 'Running';
  return count(['Failed', 'Refused', 'Unreachable']) > 0 ? 'Failed' : 'Complete';
}

/** The full name of a ref that people may write short; a name without `refs/` is a branch. */
export function fullRefName(ref: string): string {
  return ref.startsWith('refs/') ? ref : `refs/heads/${ref}`;
}

// oxlint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[-/]|\/$|\.$|\.lock(\/|$)|(^|\/)\./;

/** Whether Git takes it as the name of a ref. */
export function isRefName(ref: string): boolean {
  return ref.length > 0 && ref.length <= 1024 && !forbidden.test(ref);
}
