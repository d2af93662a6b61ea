import type { GateMode, GateState } from '@flotilla/common/api/source-gate';
import { comparableUrl } from '../../hublink/standing/standing-change.js';
import type { StandingFreeze, StandingPin, StandingVeto } from '../../hublink/standing/standing-set.js';
import { freezeText, pinText, vetoText } from './gate-texts.js';

/** Everything that decides where a source may be, of whatever kind. */
export interface GateQuestion {
  /** Value of the annotation; one that is none of the three asks for more care, not less. */
  readonly mode: GateMode | { readonly invalid: string };
  /** Why it is not known what the hub asks, where that is so. */
  readonly unreadable?: string | undefined;
  /** Those of this source. */
  readonly pin?: StandingPin | undefined;
  readonly freezes: readonly StandingFreeze[];
  /** Those of any address. */
  readonly vetoes: readonly StandingVeto[];
  /** Where the source's own ref points to; undefined while that is not known. */
  readonly newestRevision?: string | undefined;
  /** Where the source is; undefined as long as it has fetched nothing. */
  readonly currentRevision?: string | undefined;
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Why a source does not move; the reason of its condition and its event. */
export type HoldReason =
  | 'NoPin'
  | 'InvalidGate'
  | 'StandingIntentsUnreadable'
  | 'Vetoed'
  | 'Frozen'
  | 'PinVetoed'
  | 'PinRefused';

/** What follows. `recheckAt`: when time alone may change it, in milliseconds since the epoch. */
export type GateDecision =
  | { readonly action: 'follow' }
  | {
      readonly action: 'fetch';
      readonly pin: StandingPin;
      readonly isThere: boolean;
      readonly message: string;
    }
  | {
      readonly action: 'hold';
      readonly state: Extract<GateState, 'Held' | 'Frozen' | 'Refused'>;
      readonly reason: HoldReason;
      readonly message: string;
      readonly recheckAt?: number | undefined;
    };

/**
 * Says whether a source follows its ref, goes to the revision that it is pinned to, or stays where it is. A first fetch
 * is a move too. Pure: offline, after a restart and in every replica it comes to the same.
 */
export function decideGate(question: GateQuestion): GateDecision {
  const { mode, pin, unreadable } = question;
  if (mode === 'none') return { action: 'follow' };
  if (unreadable !== undefined)
    return held('StandingIntentsUnreadable', `it is not known what the hub asks: ${unreadable}`);
  if (pin) return decidePinned(question, pin);
  if (typeof mode === 'object') {
    const wanted = `expected required, preferred or none; it counts as required, and there is no pin`;
    return held(
      'InvalidGate',
      `annotation fleet.flotilla.dev/gate has the value '${mode.invalid}': ${wanted}`,
    );
  }
  if (mode === 'required') {
    return held('NoPin', `annotation fleet.flotilla.dev/gate is 'required' and the hub has given no pin`);
  }
  return decideFollowing(question);
}

function decidePinned(question: GateQuestion, pin: StandingPin): GateDecision {
  const { currentRevision, vetoes, url } = question;
  const isThere = currentRevision !== undefined && isSameContent(currentRevision, pin.revision);
  const veto = vetoOf(vetoes, url, pin.revision);
  // Who is there already stays: the hub has to name something better before it can leave.
  if (isThere) return { action: 'fetch', pin, isThere, message: pinText(pin, veto) };
  if (veto) {
    const message = `${pinText(pin)} is refused: ${vetoText(veto)}`;
    return { action: 'hold', state: 'Refused', reason: 'PinVetoed', message };
  }
  const freezes = question.freezes.filter((freeze) => !mayPass(pin, freeze));
  const frozen = decideFrozen({ ...question, freezes }, `${pinText(pin)} waits: `);
  if (frozen) return frozen;
  return { action: 'fetch', pin, isThere, message: pinText(pin) };
}

/** Who broke the glass knew the freezes of that time; one that begins later stops the line all the same. */
function mayPass({ breakGlass, createdAt }: StandingPin, { startsAt }: StandingFreeze): boolean {
  return breakGlass && !(startsAt && createdAt && startsAt > createdAt);
}

function decideFollowing(question: GateQuestion): GateDecision {
  const { newestRevision, currentRevision, vetoes, url } = question;
  if (newestRevision !== undefined && currentRevision !== undefined) {
    if (isSameContent(newestRevision, currentRevision)) return { action: 'follow' };
  }
  const veto = newestRevision === undefined ? undefined : vetoOf(vetoes, url, newestRevision);
  if (veto) return held('Vetoed', `the newest revision ${vetoText(veto)}`);
  return decideFrozen(question, '') ?? { action: 'follow' };
}

/** Held by the freezes that stand at this moment, until the last of them has ended; undefined when none stands. */
function decideFrozen({ freezes, now }: GateQuestion, prefix: string): GateDecision | undefined {
  const standing = freezes.filter((freeze) => isStanding(freeze, now));
  const longest = standing.reduce<StandingFreeze | undefined>(
    (best, one) => (best === undefined || endOf(one) > endOf(best) ? one : best),
    undefined,
  );
  if (!longest) return undefined;
  const recheckAt = longest.expiresAt?.getTime();
  const message = `${prefix}${freezeText(longest, standing.length - 1)}`;
  return {
    action: 'hold',
    state: 'Frozen',
    reason: 'Frozen',
    message,
    ...(recheckAt === undefined ? {} : { recheckAt }),
  };
}

/** From its start on, and not at its end any more. */
export function isStanding({ startsAt, expiresAt }: StandingFreeze, now: number): boolean {
  return (startsAt?.getTime() ?? -Infinity) <= now && now < (expiresAt?.getTime() ?? Infinity);
}

function endOf({ expiresAt }: StandingFreeze): number {
  return expiresAt?.getTime() ?? Infinity;
}

function vetoOf(vetoes: readonly StandingVeto[], url: string, revision: string): StandingVeto | undefined {
  const address = comparableUrl(url);
  return vetoes.find((veto) => comparableUrl(veto.url) === address && isSameContent(veto.revision, revision));
}

/** The same commit or digest, whatever the name of the ref. */
export function isSameContent(a: string, b: string): boolean {
  return contentOf(a) === contentOf(b);
}

/** What is behind the last `:` or `@` of a revision; of a version (of a chart) all of it. */
export function contentOf(revision: string): string {
  return revision.slice(Math.max(revision.lastIndexOf(':'), revision.lastIndexOf('@')) + 1);
}

function held(reason: HoldReason, message: string): GateDecision {
  return { action: 'hold', state: 'Held', reason, message };
}
