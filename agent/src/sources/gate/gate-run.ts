import { truncateMessage } from '@flotilla/common/conditions/truncate-message';
import type { GateField } from '@flotilla/common/api/source-gate';
import type { StandingPin } from '../../hublink/standing/standing-set.js';
import type { SourceRun } from '../source-run.js';
import type { GateDecision, HoldReason } from './decide-gate.js';
import type { ReadMode } from './gate-mode.js';
import { pinText } from './gate-texts.js';

/** Condition of a source that the gate keeps where it is. Ready is not touched by it: that is about the artifact. */
export const heldCondition = 'Held';

export interface GateRunParts {
  readonly run: SourceRun;
  readonly decision: GateDecision;
  /** Where the source is. */
  readonly current: string | undefined;
  readonly newest: string | undefined;
  readonly mode: ReadMode;
  /** What the hub asks, taken or not. */
  readonly pin: StandingPin | undefined;
  /** What was told of each object, by its uid. */
  readonly told: Map<string, string>;
}

/** The remote may lag behind what the hub has seen elsewhere: a refused pin is looked at again within a minute. */
const refusedAgainMs = 60_000;

/** Reasons that somebody has to look at. */
const troubles = new Set<HoldReason>(['InvalidGate', 'StandingIntentsUnreadable', 'PinRefused', 'PinVetoed']);

/** The gate in one run of a source: carries the decision out on its status, and tells of a change once. */
export class GateRun {
  #decision: GateDecision;

  constructor(readonly parts: GateRunParts) {
    this.#decision = parts.decision;
  }

  /** The pin to go to, or to stay at; undefined when there is none or it was refused. */
  get pin(): StandingPin | undefined {
    return this.#decision.action === 'fetch' ? this.#decision.pin : undefined;
  }

  get isHeld(): boolean {
    return this.#decision.action === 'hold';
  }

  /** The revision that a held source stays at; undefined when it has none yet. */
  get current(): string | undefined {
    return this.parts.current;
  }

  /** Time until another look may change the decision although nobody has said anything. */
  recheckInMs(now: number): number {
    const decision = this.#decision;
    if (decision.action !== 'hold') return Infinity;
    if (decision.reason === 'PinRefused') return refusedAgainMs;
    return decision.recheckAt === undefined ? Infinity : Math.max(1, decision.recheckAt - now);
  }

  /** The pin was checked and is not taken. */
  refuse(pin: StandingPin, why: string): void {
    const message = `${pinText(pin)} is refused: ${why}`;
    this.#decision = { action: 'hold', state: 'Refused', reason: 'PinRefused', message };
    this.parts.run.deps.logger.error({ pin: pin.id, revision: pin.revision, reason: why }, 'pin refused');
  }

  /** Says that the source is on its way, in whatever is written before it has arrived. */
  moving(): void {
    const { status } = this.parts.run;
    const decision = this.#decision;
    if (decision.action !== 'fetch' || decision.isThere) return;
    status.update({ gate: this.#field({ state: 'Moving', message: decision.message }) });
    status.delete(heldCondition);
  }

  /** The source is where it is to be: says so in the status, and tells people when it is news. */
  settle(): void {
    const { run, mode } = this.parts;
    const decision = this.#decision;
    if (decision.action === 'hold') return this.#hold(decision);
    run.status.delete(heldCondition);
    const warning =
      mode.invalid === undefined ? '' : `; annotation value '${mode.invalid}' counts as required`;
    const gate =
      decision.action === 'fetch'
        ? this.#field({ state: 'Pinned', message: `${decision.message}${warning}` })
        : mode.isGiven
          ? this.#field({ state: 'Following' })
          : undefined;
    run.status.update({ gate });
    this.#tell(gate, warning === '' ? (gate?.state ?? 'Following') : 'InvalidGate');
  }

  #hold(decision: Extract<GateDecision, { action: 'hold' }>): void {
    const { run, current } = this.parts;
    const rest = current === undefined ? 'nothing is fetched' : `the source stays at '${current}'`;
    const message = truncateMessage(`${decision.message}; ${rest}`);
    run.status.set(heldCondition, 'True', decision.reason, message);
    if (!run.status.artifact && current === undefined) {
      run.status.set('ArtifactInStorage', 'False', decision.reason, message);
    }
    const gate = this.#field({ state: decision.state, message });
    run.status.update({ gate });
    this.#tell(gate, decision.reason);
  }

  #field({ state, message }: Pick<GateField, 'state' | 'message'>): GateField {
    const { mode, newest, current, run, pin: standing } = this.parts;
    const pin = mode.mode === 'none' ? undefined : standing;
    return {
      mode: mode.mode,
      state,
      ...(message === undefined ? {} : { message: truncateMessage(message) }),
      ...(newest === undefined ? {} : { newestRevision: newest }),
      ...(pin ? { pinId: pin.id, pinnedRevision: pin.revision } : {}),
      // Only as long as there is no artifact to say so.
      ...(current === undefined || run.status.artifact ? {} : { revision: current }),
    };
  }

  /** An event for every change, none for an interval in which nothing has changed, nor after a restart. */
  #tell(gate: GateField | undefined, reason: string): void {
    const { run, told } = this.parts;
    const { uid = '' } = run.object.metadata;
    const text = textOf(gate);
    const known = told.get(uid) ?? textOf((run.object.status as { gate?: GateField } | undefined)?.gate);
    told.set(uid, text);
    if (text === known) return;
    const severity = troubles.has(reason as HoldReason) ? 'error' : 'info';
    const metadata: Record<string, string> =
      gate?.pinnedRevision === undefined ? {} : { pin: gate.pinnedRevision };
    run.event(severity, reason, gate?.message ?? 'follows its ref again', metadata);
  }
}

/** What people are told of; the newest revision changes without anybody doing anything. */
function textOf(gate: GateField | undefined): string {
  return gate === undefined || gate.state === 'Following' ? '' : `${gate.state} ${gate.message ?? ''}`;
}
