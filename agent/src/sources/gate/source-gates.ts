import type { GateField } from '@flotilla/common/api/source-gate';
import { formatName, type KubeObject, type NamespacedName } from '@flotilla/common/kube/object';
import type { StandingIntentsCache } from '../../hublink/standing/standing-cache.js';
import type { SourceRun } from '../source-run.js';
import { decideGate, isStanding, type GateDecision } from './decide-gate.js';
import { gateModeOf } from './gate-mode.js';
import { GateRun } from './gate-run.js';

/** What is asked for one run of a source. */
export interface GateSubject {
  readonly url: string;
  /** Absent while the remote has not been asked. */
  readonly newestRevision?: string;
}

/** The gates of all sources of one kind: what the hub asks, brought together with each object. */
export class SourceGates {
  readonly #standing: StandingIntentsCache | undefined;
  readonly #kind: string;
  /** Sources for which something has changed since they were looked at. */
  readonly #woken = new Set<string>();
  /** What was told of each object, by its uid. */
  readonly #told = new Map<string, string>();

  constructor(options: { kind: string; standing?: StandingIntentsCache | undefined }) {
    this.#standing = options.standing;
    this.#kind = options.kind;
  }

  /** The next run of this source looks at the remote as it is then, not as it was lately. */
  wake({ namespace, name }: NamespacedName): void {
    this.#woken.add(formatName({ namespace, name }));
  }

  /** Calls `wake` for the sources that a change of the hub's intents is about. Returns a function that ends it. */
  connect(objects: () => readonly KubeObject[], wake: (name: NamespacedName) => void): () => void {
    const stop = this.#standing?.subscribe((change) => {
      for (const object of objects()) {
        const name = { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
        const { url = '' } = (object.spec ?? {}) as { url?: string };
        if (!change.concerns({ kind: this.#kind, ...name }, url)) continue;
        this.wake(name);
        wake(name);
      }
    });
    return stop ?? (() => {});
  }

  /** The object is gone. */
  forget(uid: string | undefined): void {
    if (uid !== undefined) this.#told.delete(uid);
  }

  /**
   * Begins a run, before its storage is looked at: where the source may not follow its ref, the revision of an artifact
   * that turns out to be lost has to outlive it.
   */
  begin(run: SourceRun, url: string): GateStart {
    const key = formatName(run.owner);
    const before = gateFieldOf(run);
    const standing = this.#standing?.of(run.owner);
    const freezeEnded =
      before?.state === 'Frozen' && !standing?.freezes.some((one) => isStanding(one, now(run)));
    const isWoken = this.#woken.delete(key) || freezeEnded || before?.state === 'Refused';
    const { decision } = this.#decide(run, { url });
    const { artifact } = run.status;
    if (decision.action !== 'follow' && artifact) {
      const state = decision.action === 'hold' ? decision.state : 'Moving';
      const { mode } = gateModeOf(run.object);
      const { message } = decision;
      run.status.update({ gate: { state, message, ...before, mode, revision: artifact.revision } });
    }
    const isWaiting = decision.action === 'hold' && currentRevision(run) === undefined;
    return {
      isWoken,
      isWaiting,
      stored: () => {
        if (run.status.artifact) run.status.update({ gate: before });
      },
    };
  }

  /** Decides now that it is known where the ref points to. */
  decide(run: SourceRun, subject: GateSubject): GateRun {
    const { decision, current } = this.#decide(run, subject);
    return new GateRun({
      run,
      decision,
      current,
      newest: subject.newestRevision,
      mode: gateModeOf(run.object),
      pin: this.#standing?.of(run.owner).pin,
      told: this.#told,
    });
  }

  #decide(run: SourceRun, subject: GateSubject): { decision: GateDecision; current: string | undefined } {
    const { mode, invalid } = gateModeOf(run.object);
    const current = currentRevision(run);
    const decision = decideGate({
      ...subject,
      mode: invalid === undefined ? mode : { invalid },
      ...(this.#standing?.of(run.owner) ?? { freezes: [], vetoes: [] }),
      currentRevision: current,
      now: now(run),
    });
    return { decision, current };
  }
}

export interface GateStart {
  /** Something has changed that may let the source move: the remote is asked anew. */
  readonly isWoken: boolean;
  /** Nothing was ever fetched, and nothing is going to be. */
  readonly isWaiting: boolean;
  /** The storage was looked at. */
  readonly stored: () => void;
}

/** Where the source is: its artifact, or the one that was lost from the storage. */
function currentRevision(run: SourceRun): string | undefined {
  return run.status.artifact?.revision ?? gateFieldOf(run)?.revision;
}

function gateFieldOf({ status }: SourceRun): GateField | undefined {
  return status.fields['gate'] as GateField | undefined;
}

function now({ deps }: SourceRun): number {
  return deps.clock.now();
}
