import { formatRef } from '@flotilla/common/kube/object';
import { due, pointInTime } from '../../output/age.js';
import type { Cell, Table } from '../../output/table.js';
import type { Freeze } from '../document-schema.js';

export const freezeColumns = ['NAME', 'STATE', 'SCOPE', 'CLUSTERS', 'BEGINS', 'ENDS', 'BY', 'MESSAGE'];

export function freezeCells(freeze: Freeze, now: Date): Cell[] {
  const { name, state, clusters, from, until, createdBy, reason } = freeze;
  return [
    name,
    { text: state, tone: state === 'Active' ? 'warning' : state === 'Expired' ? 'faint' : 'plain' },
    scopeText(freeze),
    String(clusters),
    state === 'Pending' ? due(from, now) : '-',
    state === 'Expired' ? '-' : due(until, now),
    createdBy,
    reason,
  ];
}

/** `environment prod, GitRepository/flux-system/apps`. */
export function scopeText({ scope }: Freeze): string {
  const { organisation, environment, cluster, source } = scope;
  const where = organisation
    ? 'all clusters'
    : environment
      ? `environment ${environment}`
      : cluster
        ? `cluster ${cluster}`
        : 'all clusters';
  return source ? `${where}, ${formatRef(source)}` : where;
}

/** Who has asked to pass a freeze with what, and who has confirmed it. */
export function breakGlassTable({ breakGlass }: Freeze, now: Date): Table {
  return {
    columns: ['PROMOTION', 'STATE', 'ASKED BY', 'CONFIRMED BY', 'EXPIRES', 'MESSAGE'],
    rows: breakGlass.map(({ promotion, state, requestedBy, grantedBy, expiresAt, reason }) => [
      promotion,
      state,
      requestedBy,
      grantedBy ?? '-',
      state === 'Requested' ? pointInTime(expiresAt, now) : '-',
      reason,
    ]),
  };
}
