import type { KindCondition } from '@flotilla/common/conditions/summarize-source';
import type { KubeObject } from '@flotilla/common/kube/object';
import type { ArtifactOwner, ArtifactStore } from '../artifacts/artifact.js';
import type { ObjectCache } from '../runtime/cache.js';
import type { Clock } from '../runtime/clock.js';
import type { EventRecorder, EventSeverity } from '../runtime/events.js';
import type { Logger } from '../runtime/logger.js';
import type { ReconcileResult } from '../runtime/reconcile.js';
import type { StatusWriter } from '../runtime/status-writer.js';
import { messageOf, SourceFailure } from './source-failure.js';
import { SourceStatus } from './source-status.js';

/** Field manager of source objects (flux-compat 1.4). */
export const sourceFieldManager = 'source-controller';

/** What every source kind needs to run. */
export interface SourceDeps {
  objects: ObjectCache;
  /** Writes as the manager `sourceFieldManager`, and tells the cache of `objects`. */
  writer: StatusWriter;
  events: EventRecorder;
  artifacts: ArtifactStore;
  clock: Clock;
  logger: Logger;
}

/** The life cycle's view of a kind. */
export interface SourceKind {
  kind: string;
  /** The condition that only this kind has. */
  ofKind?: KindCondition;
  /** When one of these goes away, the object has recovered (flux-compat 2.2). */
  failureConditions: readonly string[];
}

/** How the work on a source ended well. */
export interface SourceSuccess {
  requeueAfterMs: number;
  /** Text of the NewArtifact or Succeeded event. */
  message: string;
  /** There is nothing to be ready yet, and somebody else has to act first; ArtifactInStorage says who. */
  isWaiting?: boolean;
}

/** One reconcile of one source: the status from its start to its last write (flux-compat 2.2). */
export class SourceRun {
  readonly status: SourceStatus;
  readonly owner: ArtifactOwner;
  readonly startedAt: number;
  #saved: KubeObject;
  #writes = 0;

  constructor(
    readonly deps: SourceDeps,
    readonly kind: SourceKind,
    readonly object: KubeObject,
  ) {
    const { namespace = '', name } = object.metadata;
    this.owner = { kind: kind.kind, namespace, name };
    this.status = new SourceStatus(object, () => deps.clock.now(), kind.ofKind);
    this.startedAt = deps.clock.monotonic();
    this.#saved = object;
  }

  /** The object has a generation that was never dealt with. */
  get isNewGeneration(): boolean {
    return this.status.generation !== this.status.fields.observedGeneration;
  }

  /** Somebody asked for a reconcile by annotation and has no answer yet. */
  get isRequested(): boolean {
    const wanted = this.#requestedAt;
    return wanted !== undefined && wanted !== this.status.fields.lastHandledReconcileAt;
  }

  /** Nobody waits and nothing was told so far: a quiet round. */
  get isQuiet(): boolean {
    return this.#writes === 0 && !this.isRequested;
  }

  /** Says that work has begun. People who wait for a new generation or a request see it at once. */
  async begin(): Promise<void> {
    this.status.progress('reconciliation in progress');
    if (this.isNewGeneration) {
      const { generation, fields } = this.status;
      this.status.progress(
        `processing object: new generation ${fields.observedGeneration ?? 0} -> ${generation}`,
      );
    }
    // Without an artifact the next step says more in a moment.
    if (this.status.artifact && (this.isNewGeneration || this.isRequested)) await this.save();
  }

  /** Ends a run that did what it should. */
  async succeed(success: SourceSuccess): Promise<ReconcileResult> {
    const { status } = this;
    status.delete('Reconciling', 'Stalled');
    status.observe();
    await this.#finish();
    const ready = status.get('Ready');
    if (ready?.status !== 'True' && !success.isWaiting)
      throw new Error(ready?.message ?? `${this.kind.kind} is not ready`);
    this.#announce(success.message);
    return { requeueAfterMs: success.requeueAfterMs };
  }

  /** Ends a run that was suspended: requests are acknowledged all the same (flux-compat 1.2). */
  async suspended(): Promise<ReconcileResult> {
    this.status.retry();
    this.status.delete('Stalled');
    this.status.observe();
    await this.#finish();
    return {};
  }

  /** Ends a run that failed. Throws what is to be retried with back-off. */
  async fail(error: unknown): Promise<ReconcileResult> {
    const { status } = this;
    const failure = error instanceof SourceFailure ? error : undefined;
    // What no step foresaw is told too: Ready takes it over from Reconciling.
    if (!failure) status.progress(messageOf(error));
    if (failure?.condition) {
      const bad = failure.condition === 'SourceVerified' ? 'False' : 'True';
      status.set(failure.condition, bad, failure.reason, failure.message);
    }
    const after = failure?.after ?? { retry: 'back-off' };
    if (after.retry === 'never') {
      status.stall(failure?.reason ?? 'Failed', messageOf(error));
      status.observe();
    } else {
      status.delete('Stalled');
      status.retry();
    }
    await this.#finish();
    if (failure) this.event(after.retry === 'wait' ? 'trace' : 'error', failure.reason, failure.message);
    if (after.retry === 'never') return {};
    if (after.retry === 'wait') return { requeueAfterMs: after.afterMs };
    throw error;
  }

  /** Writes the status, unless the API has it already. */
  async save(): Promise<void> {
    const written = await this.deps.writer.writeStatus(this.#saved, this.status.fields);
    if (written !== this.#saved) this.#writes += 1;
    this.#saved = written;
  }

  event(severity: EventSeverity, reason: string, message: string, metadata?: Record<string, string>): void {
    this.deps.events.record(this.object, { severity, reason, message, ...(metadata ? { metadata } : {}) });
  }

  async #finish(): Promise<void> {
    if (this.#requestedAt !== undefined) this.status.update({ lastHandledReconcileAt: this.#requestedAt });
    this.status.summarize();
    await this.save();
  }

  #announce(message: string): void {
    const before = new SourceStatus(this.object, () => this.deps.clock.now());
    const { artifact } = this.status;
    if (!artifact) return;
    const metadata = { revision: artifact.revision, digest: artifact.digest };
    const failedBefore = this.kind.failureConditions.some((type) => before.get(type));
    if (before.artifact?.digest !== artifact.digest) this.event('info', 'NewArtifact', message, metadata);
    else if (failedBefore) this.event('info', 'Succeeded', message, metadata);
    else return;
    this.deps.logger.info({ revision: artifact.revision }, 'stored artifact');
  }

  get #requestedAt(): string | undefined {
    return this.object.metadata.annotations?.['reconcile.fluxcd.io/requestedAt'];
  }
}
