import {
  conditionTime,
  removeCondition,
  getCondition,
  isConditionTrue,
  markReconciling,
  markStalled,
  setCondition,
} from '@flotilla/common/conditions/conditions';
import { summarizeSource, type KindCondition } from '@flotilla/common/conditions/summarize-source';
import type { Condition, ConditionStatus } from '@flotilla/common/kube/condition';
import type { KubeObject } from '@flotilla/common/kube/object';
import type { Artifact } from '../artifacts/artifact.js';

/** status of a source kind: the common fields, and what the kind has of its own. */
export interface SourceStatusFields {
  conditions?: readonly Condition[];
  observedGeneration?: number;
  lastHandledReconcileAt?: string;
  artifact?: Artifact;
  [field: string]: unknown;
}

/** A status while a reconcile works on it. Nothing reaches the API before the life cycle writes it. */
export class SourceStatus {
  fields: SourceStatusFields;
  readonly generation: number;

  constructor(
    readonly object: KubeObject,
    readonly now: () => number,
    readonly ofKind?: KindCondition,
  ) {
    this.fields = structuredClone((object.status ?? {}) as SourceStatusFields);
    this.generation = object.metadata.generation ?? 0;
  }

  get conditions(): readonly Condition[] {
    return this.fields.conditions ?? [];
  }

  get artifact(): Artifact | undefined {
    return this.fields.artifact;
  }

  /** Sets fields of the kind; undefined removes one. */
  update(fields: Partial<SourceStatusFields>): void {
    const next: SourceStatusFields = { ...this.fields, ...fields };
    for (const [name, value] of Object.entries(next)) if (value === undefined) delete next[name];
    this.fields = next;
  }

  get(type: string): Condition | undefined {
    return getCondition(this.conditions, type);
  }

  isTrue(type: string): boolean {
    return isConditionTrue(this.conditions, type);
  }

  set(type: string, status: ConditionStatus, reason: string, message: string): void {
    const wanted = { type, status, reason, message, observedGeneration: this.generation };
    this.#replace(setCondition(this.conditions, wanted, this.#time()));
  }

  delete(...types: readonly string[]): void {
    this.#replace(removeCondition(this.conditions, ...types));
  }

  /**
   * Reconciling with reason Progressing. Ready keeps its value unless it is absent or Unknown, or what the artifact
   * should be has changed (flux-compat 2.2).
   */
  progress(message: string, options: { newArtifact?: boolean } = {}): void {
    const wanted = { reason: 'Progressing', message, observedGeneration: this.generation };
    this.#replace(markReconciling(this.conditions, wanted, this.#time()));
    const ready = this.get('Ready');
    if (!ready || ready.status === 'Unknown' || options.newArtifact) {
      this.set('Ready', 'Unknown', 'Progressing', message);
    }
  }

  /** An object that is still reconciling at the end did not get where it should: it will be tried again. */
  retry(): void {
    const reconciling = this.get('Reconciling');
    if (reconciling) this.set('Reconciling', 'True', 'ProgressingWithRetry', reconciling.message);
  }

  /** Nothing more happens until the object changes. */
  stall(reason: string, message: string): void {
    const wanted = { reason, message, observedGeneration: this.generation };
    this.#replace(markStalled(this.conditions, wanted, this.#time()));
  }

  /** The spec as it is now has been dealt with. */
  observe(): void {
    this.update({ observedGeneration: this.generation });
  }

  /** Ready from the other conditions. */
  summarize(): void {
    const ready = summarizeSource(this.conditions, this.ofKind);
    if (ready) this.set('Ready', ready.status, ready.reason, ready.message);
  }

  /** The time as the API writes it. */
  timestamp(): string {
    return conditionTime(this.#time());
  }

  #replace(conditions: readonly Condition[]): void {
    this.update({
      conditions: conditions.length > 0 ? conditions : undefined,
    } as Partial<SourceStatusFields>);
  }

  #time(): Date {
    return new Date(this.now());
  }
}
