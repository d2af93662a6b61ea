import { computeStatus } from '@flotilla/common/kstatus/compute-status';
import { computeStatusWithPods, dependsOnPods } from '@flotilla/common/kstatus/failed-pods';
import type { KubeObject } from '@flotilla/common/kube/object';
import type { KubeReader } from '../kube/client.js';
import type { Clock } from '../runtime/clock.js';
import type { ReadStatus } from './engine.js';

interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: Array<{ key: string; operator: string; values?: string[] }>;
}

/** Reads health by kstatus; for kinds whose failed Pods decide early, their Pods are read too (flux-compat 3.8). */
export function kstatusReader(client: Pick<KubeReader, 'list'>, clock: Clock): ReadStatus {
  return async (object, ref, signal) => {
    const now = new Date(clock.now());
    const result = computeStatus(object, now);
    if (!object || result.status !== 'InProgress' || !dependsOnPods(ref)) return result;
    const labelSelector = selectorOf(object);
    if (labelSelector === '') return result;
    const { items } = await client.list(
      { apiVersion: 'v1', kind: 'Pod' },
      { namespace: object.metadata.namespace ?? '', labelSelector, ...(signal ? { signal } : {}) },
    );
    return computeStatusWithPods(object, items, now);
  };
}

/** `spec.selector` as the query parameter of a list; empty when it selects nothing in particular. */
function selectorOf(object: KubeObject): string {
  const { matchLabels = {}, matchExpressions = [] } =
    (object.spec as { selector?: LabelSelector } | undefined)?.selector ?? {};
  const equalities = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  return [...equalities, ...matchExpressions.map(formatExpression)].join(',');
}

function formatExpression({
  key,
  operator,
  values = [],
}: NonNullable<LabelSelector['matchExpressions']>[number]): string {
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
}
