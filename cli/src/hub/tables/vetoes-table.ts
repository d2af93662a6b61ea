import { shortenRevision } from '@flotilla/common/revision/revision';
import { ago } from '../../output/age.js';
import type { Cell } from '../../output/table.js';
import type { Veto } from '../document-schema.js';

export const vetoColumns = ['ID', 'STATE', 'REVISION', 'URL', 'CREATED', 'BY', 'MESSAGE'];

/** `id` as it is to be shown. */
export function vetoCells(veto: Veto, now: Date, id: string): Cell[] {
  const { state, revision, url, createdAt, requestedBy, reason, liftedBy, liftedReason } = veto;
  const lifted = liftedBy === null ? '' : `; lifted by ${liftedBy}: ${liftedReason ?? ''}`;
  return [
    id,
    { text: state, tone: state === 'InForce' ? 'bad' : 'faint' },
    shortenRevision(revision),
    url,
    ago(createdAt, now),
    requestedBy,
    `${reason}${lifted}`,
  ];
}
