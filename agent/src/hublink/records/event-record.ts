import type { KubeObject } from '@flotilla/common/kube/object';
import type { ObjectEvent } from '../../runtime/events.js';
import { wireRef } from '../state/object-state.js';
import type { RecordBody } from './record-log.js';

/** Events as the hub keeps them; traces stay in the cluster (flux-compat 1.5). */
export function eventRecord(object: KubeObject, event: ObjectEvent, time: Date): RecordBody | undefined {
  if (event.severity === 'trace') return undefined;
  const { severity, reason, message, metadata } = event;
  return {
    time,
    body: {
      $case: 'event',
      value: { object: wireRef(object), severity, reason, message, metadata: { ...metadata } },
    },
  };
}
