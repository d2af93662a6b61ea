import type { Promotion } from './promotion.js';
import { isMoving, isWaiting } from './promotion-state.js';

export type QueuePolicy = 'fifo' | 'latest' | 'batch';

/** The promotions of one environment of one pipeline that have not ended. */
export interface Lane {
  readonly policy: QueuePolicy;
  /** What the environment was promoted to last. */
  readonly current: { readonly name: string; readonly number: number } | null;
  readonly promotions: readonly Promotion[];
}

/** A promotion that gives way. */
export interface Superseded {
  readonly id: string;
  /** The promotion that takes its place; null where a newer release is there already. */
  readonly by: string | null;
  readonly reason: string;
}

export interface QueueDecision {
  /** The one promotion that may ask its gates and start; null while another one moves. */
  readonly turn: string | null;
  /** For whom the others wait. */
  readonly behind: string;
  readonly superseded: readonly Superseded[];
}

/**
 * Who goes, who waits and who gives way. What moves is never touched, also not by a hotfix: a rollout that is broken
 * off would leave two revisions in the environment.
 */
export function arrangeQueue({ policy, current, promotions }: Lane): QueueDecision {
  const outdated = promotions.filter((one) => isOutdated(one, current));
  const waiting = promotions.filter((one) => isWaiting(one.state) && !outdated.includes(one));
  const superseded = [
    ...outdated.map(({ id, environment, releaseName }) => ({
      id,
      by: null,
      reason:
        current?.name === releaseName
          ? `${releaseName} is in ${environment} already`
          : `${environment} has ${current?.name ?? 'a newer release'} already, which is newer`,
    })),
    ...supersededBy(policy, waiting),
  ];
  const left = waiting.filter(({ id }) => !superseded.some((one) => one.id === id)).sort(inTurn);
  const moving = promotions.find(({ state }) => isMoving(state));
  const first = left.find(({ state }) => state === 'Delivering') ?? left[0];
  const ahead = moving ?? first;
  return {
    turn: moving ? null : (first?.id ?? null),
    behind: ahead ? `waits for ${ahead.releaseName} (promotion ${ahead.id}), which goes first` : '',
    superseded,
  };
}

/** The hub by itself never goes back to an older release, nor to the one that is there. */
function isOutdated({ state, origin, releaseNumber }: Promotion, current: Lane['current']): boolean {
  return isWaiting(state) && origin === 'automatic' && current !== null && releaseNumber <= current.number;
}

function supersededBy(policy: QueuePolicy, waiting: readonly Promotion[]): readonly Superseded[] {
  if (policy === 'fifo') return [];
  // What has its turn in a batch goes; only what comes behind it is gathered.
  const open = policy === 'latest' ? waiting : waiting.filter(({ state }) => state === 'Queued');
  const hotfixes = open.filter(({ priority }) => priority === 'hotfix');
  const normal = open.filter(({ priority }) => priority === 'normal');
  const word = policy === 'latest' ? 'superseded by' : 'merged into';
  const give = (one: Promotion, to: Promotion): Superseded => ({
    id: one.id,
    by: to.id,
    reason: `${word} ${to.releaseName} (promotion ${to.id})`,
  });
  const hotfix = newestOf(hotfixes);
  const before = normal.filter((one) => hotfix !== undefined && one.id < hotfix.id);
  const after = normal.filter((one) => !before.includes(one));
  const last = newestOf(after);
  return [
    ...[...hotfixes, ...before].flatMap((one) => (hotfix && one !== hotfix ? [give(one, hotfix)] : [])),
    ...after.flatMap((one) => (last && one !== last ? [give(one, last)] : [])),
  ];
}

/** The newest wish of a person, or the newest release that came by itself, whichever was made later. */
function newestOf(promotions: readonly Promotion[]): Promotion | undefined {
  const automatic = promotions
    .filter(({ origin }) => origin === 'automatic')
    .sort((a, b) => a.releaseNumber - b.releaseNumber)
    .at(-1);
  const manual = promotions
    .filter(({ origin }) => origin === 'manual')
    .sort(byAge)
    .at(-1);
  if (!automatic || !manual) return automatic ?? manual;
  return manual.id > automatic.id ? manual : automatic;
}

function inTurn(a: Promotion, b: Promotion): number {
  if (a.priority !== b.priority) return a.priority === 'hotfix' ? -1 : 1;
  return byAge(a, b);
}

/** Ids sort by the time of their making. */
function byAge(a: Promotion, b: Promotion): number {
  return a.id < b.id ? -1 : 1;
}
