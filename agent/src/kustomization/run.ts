import type { Kustomization } from '@flotilla/common/api/kustomization';
import type { NamespacedName } from '@flotilla/common/kube/object';
import type { KubeClient } from '../kube/client.js';
import type { EventSeverity } from '../runtime/events.js';
import type { KustomizationDeps } from './deps.js';
import type { StatusDraft } from './state/status-draft.js';

/** One reconcile of one Kustomization: what every step is given. */
export interface Run {
  readonly deps: KustomizationDeps;
  readonly object: Kustomization;
  readonly status: StatusDraft;
  /** Aborted when the agent stops or this object is taken away from it. */
  readonly signal: AbortSignal;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** Where this run reads and writes managed objects; the agent's own cluster until `openCluster` has found another. */
  cluster: RunCluster;
  /** What the events of this reconcile are about; known once the source is. */
  readonly about: { revision?: string | undefined; originRevision?: string | undefined };
}

export interface RunCluster {
  /** Empty for the agent's own cluster. */
  readonly id: string;
  readonly client: KubeClient;
  /** It is reached in another way than in the run before. */
  readonly isNew: boolean;
}

export function nameOf(object: Kustomization): NamespacedName {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

/** Distinguishes an object from an earlier one of the same name. */
export function uidOf(object: Kustomization): string {
  return object.metadata.uid ?? '';
}

/** Milliseconds since the reconcile began. */
export function elapsedMs(run: Run): number {
  return run.deps.clock.monotonic() - run.startedAt;
}

/** RFC 3339, seconds. */
export function timestamp(run: Run): string {
  return `${new Date(run.deps.clock.now()).toISOString().slice(0, 19)}Z`;
}

export interface EventText {
  severity: EventSeverity;
  message: string;
  metadata?: Readonly<Record<string, string>>;
}

/** Tells an event; its reason is that of the Ready condition at this moment (flux-compat 3.2, event metadata). */
export function tell(run: Run, { severity, message, metadata }: EventText): void {
  const { revision, originRevision } = run.about;
  run.deps.events.record(run.object, {
    severity,
    reason: run.status.condition('Ready')?.reason || severity,
    message,
    metadata: {
      ...metadata,
      ...(revision ? { revision } : {}),
      ...(originRevision ? { originRevision } : {}),
    },
  });
}

/** Writes the status when it differs from the server's. */
export async function saveStatus(run: Run): Promise<void> {
  if (!run.status.changed) return;
  const written = await run.deps.writeStatus(run.object, run.status.current, run.signal);
  run.status.saved();
  if (written) run.deps.latest.wrote(written);
}

/** A reconcile of a few objects is over before anybody can read what it was doing. */
const quickMs = 1_000;

/**
 * Says what is going on, for whoever looks at the object meanwhile. The first word is written at once; later ones
 * when the work turns out to last, or is known to. Each costs a request to the API server.
 */
export async function reportProgress(run: Run, message: string, { lasting = false } = {}): Promise<void> {
  run.status.markProgressing(message);
  const { savedAt } = run.status;
  const isNews = savedAt === undefined || run.deps.clock.monotonic() - savedAt >= quickMs;
  if (isNews || lasting) await saveStatus(run);
}
