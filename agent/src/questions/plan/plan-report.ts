import type { ObjectRef } from '@flotilla/common/kube/object';
import {
  PlannedChange,
  type PlannedKustomization,
  type PlanPart,
} from '@flotilla/proto/flotilla/v1/question';

/** What is found out about one Kustomization. */
export interface KustomizationReport {
  readonly ref: ObjectRef;
  readonly failure: string;
  readonly note: string;
  readonly changes: readonly PlannedChange[];
  readonly unchanged: number;
}

export interface ReportLimits {
  /** Changes of one part. */
  readonly partChanges: number;
  /** Bytes of the changes of one part; a single change may be larger. */
  readonly partBytes: number;
  /** Bytes of the changes of the whole answer. */
  readonly totalBytes: number;
}

export const reportLimits: ReportLimits = {
  partChanges: 100,
  partBytes: 256 * 1024,
  totalBytes: 2 * 1024 * 1024,
};
const longestText = 4_096;

/** Tells what is found part by part, and no more than the hub takes. */
export class PlanReport {
  #bytes = 0;
  #omitted = 0;

  constructor(
    private readonly commit: string,
    private readonly emit: (part: PlanPart) => void,
    private readonly limits: ReportLimits = reportLimits,
  ) {
    emit({ commit, kustomizations: [] });
  }

  /** Changes that were not told. */
  get omitted(): number {
    return this.#omitted;
  }

  add({ ref, failure, note, changes, unchanged }: KustomizationReport): void {
    const kustomization = { namespace: '', ...ref };
    const pieces = this.#piecesOf(changes);
    const told = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const omitted = changes.length - told;
    this.#omitted += omitted;
    const texts = { failure: cut(failure), note: cut(note) };
    for (const [index, piece] of (pieces.length > 0 ? pieces : [[]]).entries()) {
      const rest = index === 0 ? { ...texts, unchanged, omitted } : { ...noRest };
      this.#say({ kustomization, changes: piece, ...rest });
    }
  }

  #piecesOf(changes: readonly PlannedChange[]): PlannedChange[][] {
    const pieces: PlannedChange[][] = [];
    let bytes = 0;
    for (const change of changes) {
      const size = PlannedChange.encode(change).finish().length;
      if (this.#bytes + size > this.limits.totalBytes) break;
      this.#bytes += size;
      const [piece] = pieces.slice(-1);
      if (piece && piece.length < this.limits.partChanges && bytes + size <= this.limits.partBytes) {
        piece.push(change);
        bytes += size;
      } else {
        pieces.push([change]);
        bytes = size;
      }
    }
    return pieces;
  }

  #say(kustomization: PlannedKustomization): void {
    this.emit({ commit: this.commit, kustomizations: [kustomization] });
  }
}

const noRest = { failure: '', note: '', unchanged: 0, omitted: 0 };

function cut(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText - 1)}…`;
}
