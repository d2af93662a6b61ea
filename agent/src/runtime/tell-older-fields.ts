import { olderFieldNotices } from '@flotilla/common/api/older-fields';
import type { Condition } from '@flotilla/common/kube/condition';
import type { KubeObject } from '@flotilla/common/kube/object';
import type { EventRecorder } from './events.js';

/** Tells of the fields that an object still has from older versions: once for each generation, as a warning. */
export function tellOlderFields(events: EventRecorder, object: KubeObject): void {
  const { conditions = [] } = (object.status ?? {}) as { conditions?: readonly Condition[] };
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (ready?.observedGeneration === object.metadata.generation) return;
  for (const message of olderFieldNotices(object)) {
    events.record(object, { severity: 'error', reason: 'DeprecatedField', message });
  }
}
