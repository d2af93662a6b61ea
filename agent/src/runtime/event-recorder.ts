import type { KubeObject } from '@flotilla/common/kube/object';
import { groupOf } from '@flotilla/common/kube/object';
import type { KubeClient } from '../kube/client.js';
import { isApiError } from '../kube/errors.js';
import { createBoundedSender, type BoundedSender } from './bounded-sender.js';
import type { Clock } from './clock.js';
import { EventCorrelator, type EventIdentity } from './event-correlator.js';
import type { EventRecorder, EventSeverity, ObjectEvent } from './events.js';
import type { Logger } from './logger.js';

/** The JSON of an event as Flux posts it (flux-compat 6.1). */
export interface EventNotice {
  involvedObject: {
    kind: string;
    namespace: string;
    name: string;
    uid: string;
    apiVersion: string;
    resourceVersion: string;
  };
  severity: EventSeverity;
  timestamp: string;
  message: string;
  reason: string;
  metadata: Record<string, string>;
  reportingController: string;
  reportingInstance: string;
}

/** Where events go beyond the cluster: the hub link, `--events-addr`, a notification reconciler. Must not block or throw. */
export interface EventSink {
  send(notice: EventNotice): void;
}

export interface EventRecorderOptions {
  client: Pick<KubeClient, 'create' | 'patch'>;
  sinks: readonly EventSink[];
  clock: Clock;
  logger: Logger;
  /** Name of the Pod or host. */
  instance: string;
}

/** Makes recorders that share one correlator and one queue; each speaks for one controller. */
export interface EventRecorders {
  /** `component` is e.g. `kustomize-controller`. */
  recorderFor(component: string): EventRecorder;
  /** Writes what still waits, at most until the signal is aborted. */
  flush(signal: AbortSignal): Promise<void>;
}

const eventAnnotationPrefix = 'event.toolkit.fluxcd.io/';
const maxMessageLength = 1024;
const queueCapacity = 1000;

interface Stored {
  identity: EventIdentity;
  notice: EventNotice;
}

export function createEventRecorders(options: EventRecorderOptions): EventRecorders {
  const { clock, logger, sinks } = options;
  const correlator = new EventCorrelator();
  const sender: BoundedSender<Stored> = createBoundedSender({
    name: 'kubernetes',
    capacity: queueCapacity,
    logger,
    send: (stored, signal) => storeEvent(stored, correlator, options, signal),
  });
  return {
    flush: (signal) => sender.flush(signal),
    recorderFor: (component) => ({
      record(object, event) {
        const notice = noticeOf(object, event, component, options);
        const kubeType = event.severity === 'error' ? 'Warning' : 'Normal';
        const { reason } = event;
        const message = cut(event.message);
        sender.offer({ identity: { object, component, kubeType, reason, message }, notice });
        // flux-compat 1.5: trace events stay in the cluster.
        if (event.severity === 'trace') return;
        for (const sink of sinks) {
          try {
            sink.send(notice);
          } catch (error) {
            logger.error({ error, now: clock.now() }, 'an event sink failed');
          }
        }
      },
    }),
  };
}

/** Metadata keys get the group of the object; what people put on the object as event annotations is added. */
function noticeOf(
  object: KubeObject,
  event: ObjectEvent,
  component: string,
  options: EventRecorderOptions,
): EventNotice {
  const { namespace = '', name, uid = '', resourceVersion = '', annotations = {} } = object.metadata;
  const group = groupOf(object.apiVersion);
  const metadata: Record<string, string> = {};
  for (const [key, value] of Object.entries(annotations)) {
    if (key.startsWith(eventAnnotationPrefix)) metadata[key] = value;
  }
  for (const [key, value] of Object.entries(event.metadata ?? {})) {
    metadata[key.includes('/') ? key : `${group}/${key}`] = value;
  }
  return {
    involvedObject: {
      kind: object.kind,
      namespace,
      name,
      uid,
      apiVersion: object.apiVersion,
      resourceVersion,
    },
    severity: event.severity,
    timestamp: seconds(options.clock.now()),
    message: event.message,
    reason: event.reason,
    metadata,
    reportingController: component,
    reportingInstance: options.instance,
  };
}

async function storeEvent(
  { identity, notice }: Stored,
  correlator: EventCorrelator,
  options: EventRecorderOptions,
  signal: AbortSignal,
): Promise<void> {
  const decision = correlator.decide(identity, options.clock.monotonic());
  if (decision.type === 'drop') return;
  if (decision.type === 'count') {
    const counted = await countAgain(identity, notice, decision, options, signal);
    if (counted) {
      correlator.remember(identity, decision.combined, decision.name, decision.count);
      return;
    }
    correlator.forget(identity);
  }
  const { combined } = decision;
  const event = kubeEventOf(identity, notice, combined, options);
  await options.client.create(event, { signal });
  correlator.remember(identity, combined, event.metadata.name, 1);
}

/** False when the server has thrown the event away. */
async function countAgain(
  identity: EventIdentity,
  notice: EventNotice,
  { name, count }: { name: string; count: number },
  options: EventRecorderOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const namespace = identity.object.metadata.namespace || 'default';
  const body = { count, lastTimestamp: notice.timestamp };
  try {
    await options.client.patch(
      { apiVersion: 'v1', kind: 'Event', namespace, name },
      { type: 'merge', body },
      { signal },
    );
    return true;
  } catch (error) {
    if (isApiError(error, 404)) return false;
    throw error;
  }
}

function kubeEventOf(
  { object, component, kubeType, reason, message }: EventIdentity,
  notice: EventNotice,
  combined: boolean,
  options: EventRecorderOptions,
): KubeObject {
  const namespace = object.metadata.namespace || 'default';
  const stamp = options.clock.now().toString(16) + Math.floor(options.clock.monotonic() * 1e6).toString(16);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${object.metadata.name.slice(0, 200).replace(/[^a-z0-9]+$/, '')}.${stamp}`,
      namespace,
      ...(Object.keys(notice.metadata).length > 0 ? { annotations: notice.metadata } : {}),
    },
    involvedObject: notice.involvedObject,
    type: kubeType,
    reason,
    message: combined ? cut(`(combined from similar events): ${message}`) : message,
    source: { component },
    firstTimestamp: notice.timestamp,
    lastTimestamp: notice.timestamp,
    count: 1,
    reportingComponent: component,
    reportingInstance: options.instance,
  };
}

function seconds(now: number): string {
  return `${new Date(now).toISOString().slice(0, 19)}Z`;
}

function cut(message: string): string {
  return message.length > maxMessageLength ? `${message.slice(0, maxMessageLength - 3)}...` : message;
}
