import type { ReadStatus } from '@flotilla/agent/ssa/engine';

export const readStatus: ReadStatus = (object) => {
  if (!object) return { status: 'NotFound', message: '' };
  const conditions =
    (object.status as { conditions?: Array<{ type: string; status: string }> } | undefined)?.conditions ?? [];
  if (object.kind !== 'CustomResourceDefinition') return { status: 'Current', message: '' };
  const established = conditions.some(({ type, status }) => type === 'Established' && status === 'True');
  return { status: established ? 'Current' : 'InProgress', message: '' };
};
