import type { KubeObject } from '@flotilla/common/kube/object';

/** flux-compat 1.5: trace events become Kubernetes events only and are not sent on. */
export type EventSeverity = 'info' | 'error' | 'trace';

export interface ObjectEvent {
  severity: EventSeverity;
  /** The reason of the Ready condition at that moment, as Flux does. */
  reason: string;
  message: string;
  /** Keys without the API group, e.g. "revision". */
  metadata?: Readonly<Record<string, string>>;
}

/** Where reconcilers tell what happened. Never throws and never waits: events are told, not relied on. */
export interface EventRecorder {
  record(object: KubeObject, event: ObjectEvent): void;
}
