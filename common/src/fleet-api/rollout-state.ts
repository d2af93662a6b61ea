/** States of a rollout as people see them. The last four are its ends. */
export const rolloutStates = [
  'Pending',
  'Running',
  'Paused',
  'RollingBack',
  'Succeeded',
  'Failed',
  'Aborted',
  'RolledBack',
] as const;
export type RolloutState = (typeof rolloutStates)[number];

/** States in which a rollout has ended, although clusters may still catch up. */
export const rolloutEnds = [
  'Succeeded',
  'Failed',
  'Aborted',
  'RolledBack',
] as const satisfies readonly RolloutState[];
export type RolloutEnd = (typeof rolloutEnds)[number];
