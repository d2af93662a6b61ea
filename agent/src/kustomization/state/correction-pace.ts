import { formatName, type NamespacedName, type ObjectRef } from '@flotilla/common/kube/object';
import type { FieldDrift } from '../../ssa/changeset.js';
import { objectId } from '@flotilla/common/inventory/object-id';

interface Corrections {
  count: number;
  lastAt: number;
  ref: ObjectRef;
  drift: readonly FieldDrift[];
}

/** An object that somebody else changes back each time. */
export interface Fight {
  ref: ObjectRef;
  /** What the other side changed the last time; empty when it deleted the object. */
  drift: readonly FieldDrift[];
}

/** So many corrections of an object are made at once; a person who edits it again and again is still corrected. */
const freeCorrections = 3;
const firstPauseMs = 1_000;
const longestPauseMs = 10 * 60_000;
/** An object that was left alone for so long starts anew. */
const quietMs = 20 * 60_000;

/**
 * Slows corrections down when somebody undoes them each time: another controller, or a second Kustomization that
 * declares the same object. Two that correct each other by watch would otherwise write as fast as the server can.
 * Times are monotonic milliseconds.
 */
export class CorrectionPace {
  readonly #corrections = new Map<string, Corrections>();

  /** How long the next look at a suspect has to wait. */
  pauseMs(owner: NamespacedName, ref: ObjectRef, now: number): number {
    const key = keyOf(owner, ref);
    const corrections = this.#corrections.get(key);
    if (!corrections) return 0;
    if (now - corrections.lastAt > quietMs) {
      this.#corrections.delete(key);
      return 0;
    }
    if (corrections.count < freeCorrections) return 0;
    const pause = Math.min(firstPauseMs * 2 ** (corrections.count - freeCorrections), longestPauseMs);
    return Math.max(corrections.lastAt + pause - now, 0);
  }

  /** A correction was made. */
  corrected(owner: NamespacedName, ref: ObjectRef, drift: readonly FieldDrift[], now: number): void {
    const key = keyOf(owner, ref);
    const count = this.#corrections.get(key)?.count ?? 0;
    this.#corrections.set(key, { count: count + 1, lastAt: now, ref, drift });
  }

  /** The objects of an owner whose corrections are slowed down. */
  fights(owner: NamespacedName, now: number): Fight[] {
    const prefix = `${formatName(owner)} `;
    return [...this.#corrections]
      .filter(
        ([key, { count, lastAt }]) =>
          key.startsWith(prefix) && count > freeCorrections && now - lastAt <= quietMs,
      )
      .map(([, { ref, drift }]) => ({ ref, drift }));
  }

  forget(owner: NamespacedName): void {
    const prefix = `${formatName(owner)} `;
    for (const key of this.#corrections.keys()) if (key.startsWith(prefix)) this.#corrections.delete(key);
  }
}

function keyOf(owner: NamespacedName, ref: ObjectRef): string {
  return `${formatName(owner)} ${objectId(ref)}`;
}
