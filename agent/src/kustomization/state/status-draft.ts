import { isDeepStrictEqual } from 'node:util';
import {
  removeCondition,
  getCondition,
  markReconciling,
  markStalled,
  setCondition,
} from '@flotilla/common/conditions/conditions';
import type { Kustomization, KustomizationStatus } from '@flotilla/common/api/kustomization';
import type { Condition, ConditionStatus } from '@flotilla/common/kube/condition';
import type { Clock } from '../../runtime/clock.js';

type ConditionType = 'Ready' | 'Reconciling' | 'Stalled' | 'Healthy' | 'Contested';

/** The status as it shall be; nothing is written before somebody asks for it. */
export class StatusDraft {
  #status: KustomizationStatus;
  /** What the server has. */
  #saved: KustomizationStatus;
  #savedAt: number | undefined;

  constructor(
    readonly object: Kustomization,
    readonly clock: Clock,
  ) {
    this.#saved = object.status ?? {};
    this.#status = this.#saved;
  }

  get current(): Readonly<KustomizationStatus> {
    return this.#status;
  }

  get changed(): boolean {
    return !isDeepStrictEqual(this.#status, this.#saved);
  }

  /** Says that the current status is the one on the server. */
  saved(): void {
    this.#saved = this.#status;
    this.#savedAt = this.clock.monotonic();
  }

  /** When this reconcile wrote the status last, in monotonic milliseconds. */
  get savedAt(): number | undefined {
    return this.#savedAt;
  }

  update(fields: Partial<KustomizationStatus>): void {
    this.#status = { ...this.#status, ...fields };
  }

  condition(type: ConditionType): Condition | undefined {
    return getCondition(this.#conditions, type);
  }

  isTrue(type: ConditionType): boolean {
    return this.condition(type)?.status === 'True';
  }

  mark(type: ConditionType, status: ConditionStatus, reason: string, message: string): void {
    const condition = { type, status, ...this.#said(reason, message) };
    this.#replace(setCondition(this.#conditions, condition, this.#now));
  }

  remove(type: ConditionType): void {
    this.#replace(removeCondition(this.#conditions, type));
  }

  /** Work goes on (flux-compat 1.1): Reconciling stands instead of Stalled. */
  markProgressing(message: string): void {
    this.#replace(markReconciling(this.#conditions, this.#said('Progressing', message), this.#now));
  }

  /** No retry until the object changes; this is also the end of this generation. */
  markStalled(reason: string, message: string): void {
    this.mark('Ready', 'False', reason, message);
    this.#replace(markStalled(this.#conditions, this.#said(reason, message), this.#now));
    this.observe();
  }

  /** The reconcile of this generation has ended (flux-compat 1.1). */
  observe(): void {
    const { generation } = this.object.metadata;
    if (generation !== undefined) this.update({ observedGeneration: generation });
  }

  get #conditions(): readonly Condition[] {
    return (this.#status.conditions ?? []) as readonly Condition[];
  }

  get #now(): Date {
    return new Date(this.clock.now());
  }

  #said(reason: string, message: string): Pick<Condition, 'reason' | 'message' | 'observedGeneration'> {
    const observedGeneration = this.object.metadata.generation;
    return { reason, message, ...(observedGeneration === undefined ? {} : { observedGeneration }) };
  }

  #replace(conditions: readonly Condition[]): void {
    this.update({ conditions: [...conditions] });
  }
}
