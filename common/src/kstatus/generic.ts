import type { KubeObject } from '../kube/object.js';
import { conditionOf, conditionsOf, numberAt } from './fields.js';
import { current, failed, inProgress, type StatusResult } from './status.js';

/** The rules that hold for every kind and come first: deletion, generation, Reconciling, Stalled (flux-compat 3.8). */
export function genericStatus(object: KubeObject): StatusResult | undefined {
  if (object.metadata.deletionTimestamp)
    return { status: 'Terminating', message: 'Resource scheduled for deletion' };
  return unobserved(object) ?? standardConditions(object);
}

function unobserved(object: KubeObject): StatusResult | undefined {
  const generation = numberAt(object, 'metadata', 'generation');
  const observed = numberAt(object, 'status', 'observedGeneration');
  if (generation === undefined || observed === undefined || generation === observed) return undefined;
  return inProgress(
    `${object.kind} generation is ${generation}, but latest observed generation is ${observed}`,
  );
}

function standardConditions(object: KubeObject): StatusResult | undefined {
  const on = conditionsOf(object).filter((condition) => condition.status === 'True');
  const reconciling = on.find((condition) => condition.type === 'Reconciling');
  if (reconciling) return inProgress(reconciling.message);
  const stalled = on.find((condition) => condition.type === 'Stalled');
  return stalled && failed(stalled.message);
}

/** The rule of kinds that have none of their own: what the Ready condition says (flux-compat 3.8). */
export function readyStatus(object: KubeObject): StatusResult {
  const ready = conditionOf(object, 'Ready');
  if (!ready) return current('Resource is current');
  return ready.status === 'True' ? current('Resource is Ready') : inProgress(ready.message);
}
